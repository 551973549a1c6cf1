package io.roomwire.redis;

import io.lettuce.core.RedisException;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.Base16;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A script that runs inside of Redis, called by its digest.
 *
 * <p>Any thread may call. A server may not know the script, since it was started or promoted only now: then calls are held
 * back until those that are under way have failed, the first goes with the whole text, which the server keeps, and all
 * follow. In a cluster that is done once a server. No server is asked for more than the calls that are for it, so one that
 * hangs is no trouble to others.
 *
 * <p>No order is promised to calls that are under way at the same time: another node may make the script known when the first
 * has failed and the second has not arrived.
 */
public final class RedisScript<T> {
    /** As many as one connection takes: they are to fit into its queue at once. */
    private static final int HELD_BACK_CALLS = RedisClients.QUEUE_COMMANDS;

    private final RedisClients clients;
    private final Supplier<RedisClusterAsyncCommands<String, byte[]>> commands;
    private final ScriptOutputType type;
    private final String body;
    private final String digest;

    /** Guards everything below, and the order of commands. */
    private final Object lock = new Object();

    private long calls;
    private int underWay;
    private final TreeMap<Long, Call<T>> heldBack = new TreeMap<>();

    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Call<T>(long number, String[] keys, byte[][] args, CompletableFuture<T> result) {}

    /** @param files names of resources of this package that are joined to one script */
    public RedisScript(RedisClients clients, ScriptOutputType type, String... files) {
        this(clients, clients::commands, type, files);
    }

    /** One that is called by these commands of the clients. */
    public RedisScript(
            RedisClients clients,
            Supplier<RedisClusterAsyncCommands<String, byte[]>> commands,
            ScriptOutputType type,
            String... files) {
        this.clients = clients;
        this.commands = commands;
        this.type = type;
        StringBuilder text =
                new StringBuilder(clients.isSharded() ? resource("undeclared.lua") : "local sharded = false\n");
        for (String file : files) {
            text.append(resource(file)).append('\n');
        }
        body = text.toString();
        digest = Base16.digest(body.getBytes(StandardCharsets.UTF_8));
    }

    private static String resource(String file) {
        try (InputStream in = RedisScript.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalArgumentException("no resource " + file);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Runs it; fails as Lettuce's commands do.
     *
     * @param keys of one slot; the first is there whenever any of them is
     */
    public CompletionStage<T> call(String[] keys, byte[]... args) {
        return clients.isSharded() ? enqueue(new String[] {keys[0]}, withUndeclared(args, keys)) : enqueue(keys, args);
    }

    /** As undeclared.lua takes them off again. */
    private static byte[][] withUndeclared(byte[][] args, String[] keys) {
        byte[][] all = Arrays.copyOf(args, args.length + keys.length);
        for (int i = 1; i < keys.length; i++) {
            all[args.length + i - 1] = arg(keys[i]);
        }
        all[all.length - 1] = arg(keys.length - 1);
        return all;
    }

    private CompletionStage<T> enqueue(String[] keys, byte[][] args) {
        CompletableFuture<T> result = new CompletableFuture<>();
        synchronized (lock) {
            Call<T> call = new Call<>(calls++, keys, args, result);
            if (heldBack.isEmpty()) {
                send(call, false);
            } else if (heldBack.size() < HELD_BACK_CALLS) {
                heldBack.put(call.number, call);
            } else {
                result.completeExceptionally(
                        new RedisException("more than " + HELD_BACK_CALLS + " calls wait for a script to be known"));
            }
        }
        return result;
    }

    private void send(Call<T> call, boolean whole) {
        underWay++;
        CompletionStage<T> sent = whole
                ? commands.get().eval(body, type, call.keys, call.args)
                : commands.get().evalsha(digest, type, call.keys, call.args);
        sent.whenComplete((value, error) -> {
            boolean again = error instanceof RedisNoScriptException;
            synchronized (lock) {
                underWay--;
                if (again) {
                    heldBack.put(call.number, call);
                }
                if (underWay == 0 && !heldBack.isEmpty()) {
                    sendHeldBack();
                }
            }
            if (error == null) {
                call.result.complete(value);
            } else if (!again) {
                clients.failed(error);
                call.result.completeExceptionally(error);
            }
        });
    }

    private void sendHeldBack() {
        List<Call<T>> ready = new ArrayList<>(heldBack.values());
        heldBack.clear();
        for (int i = 0; i < ready.size(); i++) {
            send(ready.get(i), i == 0);
        }
    }

    /** The text as an argument of a script. */
    public static byte[] arg(@Nullable String text) {
        return text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
    }

    public static byte[] arg(long number) {
        return Long.toString(number).getBytes(StandardCharsets.US_ASCII);
    }
}
