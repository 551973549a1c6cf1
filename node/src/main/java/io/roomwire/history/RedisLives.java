package io.roomwire.history;

import static io.roomwire.redis.RedisScript.arg;

import io.lettuce.core.ScriptOutputType;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisScript;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * Redis remembers how far each PostgreSQL had come: so a node that comes after all others have ended notices that an older
 * state was put back, and one that still reaches an old primary hears that another was promoted. Any thread may call.
 */
public final class RedisLives implements Life.Elsewhere {
    /** What was acked in the last moment before all nodes and both servers end together is all that can be missed. */
    private static final long PERIOD_MS = 100;

    private static final String KIND = "d";

    private final RedisClients clients;
    private final RedisScript<byte[]> script;

    RedisLives(RedisClients clients) {
        this.clients = clients;
        script = new RedisScript<>(clients, ScriptOutputType.VALUE, "database-life.lua");
    }

    @Override
    public CompletionStage<KnownLife> exchange(String database, KnownLife mine) {
        return script.call(
                        new String[] {clients.keys().of(KIND, database)},
                        arg(mine.number()),
                        arg(mine.epoch()),
                        arg(mine.at()),
                        arg(mine.text()))
                .thenApply(newest -> KnownLife.of(new String(newest, StandardCharsets.UTF_8)));
    }

    @Override
    public void often(Runnable exchange) {
        clients.executor().scheduleWithFixedDelay(exchange, PERIOD_MS, PERIOD_MS, TimeUnit.MILLISECONDS);
    }
}
