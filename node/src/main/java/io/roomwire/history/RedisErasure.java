package io.roomwire.history;

import static io.roomwire.redis.RedisScript.arg;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScriptOutputType;
import io.roomwire.protocol.RoomId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisScript;
import java.io.IOException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Takes the content out of messages in the log of Redis, a room at a time: one script reads the room's stream and writes it
 * again. Blocks; for the command line.
 */
public final class RedisErasure {
    private static final int SCANNED = 1000;

    private final RedisClients clients;
    private final RedisScript<Long> script;

    public RedisErasure(RedisClients clients) {
        this.clients = clients;
        script = new RedisScript<>(clients, ScriptOutputType.INTEGER, "log-erase.lua");
    }

    /**
     * Connects first.
     *
     * @throws IOException if Redis cannot be reached
     */
    public static RedisErasure start(RedisClients clients) throws IOException {
        String unreachable = clients.start();
        if (unreachable != null) {
            throw new IOException(unreachable);
        }
        return new RedisErasure(clients);
    }

    /**
     * Erases, or only counts.
     *
     * @return how many messages had a content
     * @throws IOException if Redis cannot be used; what was done until then stays done
     */
    public long run(Erasing what, boolean erase) throws IOException {
        try {
            if (what.room() != null) {
                return run(what.room().text(), what, erase);
            }
            long count = 0;
            ScanArgs streams =
                    ScanArgs.Builder.limit(SCANNED).match(clients.keys().all(RedisLog.STREAM));
            KeyScanCursor<String> found = join(clients.commands().scan(streams));
            while (true) {
                for (String key : found.getKeys()) {
                    count += run(clients.keys().roomOf(RedisLog.STREAM, key), what, erase);
                }
                if (found.isFinished()) {
                    return count;
                }
                found = join(clients.commands().scan(found, streams));
            }
        } catch (CompletionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException("Redis: " + cause.getMessage(), e);
        }
    }

    private long run(String room, Erasing what, boolean erase) {
        String[] keys = {clients.keys().of(RedisLog.STREAM, new RoomId(room).text())};
        return join(script.call(
                keys, arg(what.sender() == null ? null : what.sender().text()), arg(erase ? 1 : 0)));
    }

    private static <T> T join(CompletionStage<T> answer) {
        return answer.toCompletableFuture().join();
    }
}
