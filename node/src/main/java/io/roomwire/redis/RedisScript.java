package io.roomwire.redis;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A script that runs inside of Redis, called by its digest.
 *
 * <p>Any thread may call. Calls run in the order in which they were made, also when a server that was started anew does
 * not know the script: then calls are held back until those that are under way have failed, the script is loaded, and
 * all follow in order.
 */
public final class RedisScript<T> {
    private static final Pattern RUN_ID = Pattern.compile("(?m)^run_id:(\\w+)");

    /** In place of a run id where several servers take part: no server has all rooms. */
    private static final String CLUSTER = "cluster";

    private final RedisClients clients;
    private final ScriptOutputType type;
    private final String body;

    /** Guards everything below, and the order of commands. */
    private final Object lock = new Object();

    private String digest = "";
    private boolean loading = true;
    private long calls;
    private int underWay;
    private boolean loadUnderWay;
    private final TreeMap<Long, Call<T>> heldBack = new TreeMap<>();

    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Call<T>(long number, String[] keys, byte[][] args, CompletableFuture<T> result) {}

    /** @param files names of resources of this package that are joined to one script */
    public RedisScript(RedisClients clients, ScriptOutputType type, String... files) {
        this.clients = clients;
        this.type = type;
        StringBuilder text = new StringBuilder();
        for (String file : files) {
            text.append(resource(file)).append('\n');
        }
        body = text.toString();
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

    /** Runs it; fails as Lettuce's commands do. */
    public CompletionStage<T> call(String[] keys, byte[]... args) {
        CompletableFuture<T> result = new CompletableFuture<>();
        synchronized (lock) {
            Call<T> call = new Call<>(calls++, keys, args, result);
            if (loading) {
                heldBack.put(call.number, call);
                loadIfQuiet();
            } else {
                send(call);
            }
        }
        return result;
    }

    private void send(Call<T> call) {
        underWay++;
        CompletionStage<T> sent;
        try {
            sent = clients.commands().evalsha(digest, type, call.keys, call.args);
        } catch (RuntimeException e) { // Lettuce says so of a full queue
            sent = CompletableFuture.failedFuture(e);
        }
        sent.whenComplete((value, error) -> {
            boolean again = error instanceof RedisNoScriptException;
            synchronized (lock) {
                underWay--;
                if (again) {
                    loading = true;
                    heldBack.put(call.number, call);
                }
                if (loading) {
                    loadIfQuiet();
                }
            }
            if (error == null) {
                call.result.complete(value);
            } else if (!again) {
                call.result.completeExceptionally(error);
            }
        });
    }

    private void loadIfQuiet() {
        if (underWay > 0 || loadUnderWay || heldBack.isEmpty()) {
            return;
        }
        loadUnderWay = true;
        load().whenComplete((sha, error) -> {
            List<Call<T>> failed = List.of();
            synchronized (lock) {
                loadUnderWay = false;
                List<Call<T>> ready = new ArrayList<>(heldBack.values());
                heldBack.clear();
                if (error == null) {
                    loading = false;
                    digest = sha;
                    ready.forEach(this::send);
                } else {
                    failed = ready;
                }
            }
            failed.forEach(call -> call.result.completeExceptionally(error));
        });
    }

    private CompletionStage<String> load() {
        try {
            if (clients.isSharded()) {
                return clients.commands().scriptLoad(text(CLUSTER));
            }
            return runId().thenCompose(before -> clients.commands()
                    .scriptLoad(text(before))
                    .thenCombine(runId(), (sha, after) -> {
                        if (!before.equals(after)) {
                            throw new IllegalStateException("another server took over while a script was loaded");
                        }
                        return sha;
                    }));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletionStage<String> runId() {
        return clients.commands().info("server").thenApply(info -> {
            Matcher found = RUN_ID.matcher(info);
            if (!found.find()) {
                throw new IllegalStateException("INFO server has no run_id");
            }
            return found.group(1);
        });
    }

    private String text(String server) {
        return "local server = '" + server + "'\n" + body;
    }

    /** The text as an argument of a script. */
    public static byte[] arg(@Nullable String text) {
        return text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
    }

    public static byte[] arg(long number) {
        return Long.toString(number).getBytes(StandardCharsets.US_ASCII);
    }
}
