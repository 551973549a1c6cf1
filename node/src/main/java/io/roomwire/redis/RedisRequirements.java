package io.roomwire.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.roomwire.config.ConfigException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a Redis has to be and to allow: its version, and the rights of its user. Asked once, by doing each thing in a way that
 * changes nothing, since nobody may ask for rights without a right of its own.
 *
 * <p>Any thread may call; only {@link #check} blocks.
 */
public final class RedisRequirements implements RedisClients.StateListener {
    private static final Logger LOG = LoggerFactory.getLogger(RedisRequirements.class);

    /** {@code ZADD GT} and {@code HRANDFIELD}, without which killed nodes' users would stay for ever. */
    private static final RedisVersion LOWEST = new RedisVersion(6, 2);

    /** Sharded channels. */
    private static final RedisVersion LOWEST_OF_CLUSTER = new RedisVersion(7, 0);

    /**
     * Every command that a node uses on keys, with what is behind the key. The first makes the key a text, so the others
     * are refused for its kind; the last two see that nothing stays.
     */
    private static final List<String> ON_KEYS = List.of(
            "SET . PX 10000",
            "GET",
            "PTTL",
            "HGET f",
            "HMGET f",
            "HSET f v",
            "HDEL f",
            "HINCRBY f 0",
            "HLEN",
            "HSCAN 0",
            "HRANDFIELD 1",
            "XADD * f v",
            "XRANGE - +",
            "XREVRANGE + -",
            "ZADD 0 m",
            "ZCARD",
            "ZRANGEBYSCORE 0 0",
            "ZREMRANGEBYSCORE 0 0",
            "SADD m",
            "SREM m",
            "SMEMBERS",
            "PEXPIRE 10000",
            "DEL");

    private final RedisClients clients;
    private volatile @Nullable String lack;

    /** Whether it was not looked at yet. */
    private final AtomicBoolean isDue = new AtomicBoolean();

    /** A name as Lettuce wants it. */
    private record Word(String text) implements ProtocolKeyword {
        @Override
        public byte[] getBytes() {
            return text.getBytes(StandardCharsets.US_ASCII);
        }
    }

    public RedisRequirements(RedisClients clients) {
        this.clients = clients;
    }

    /**
     * Looks, and waits for the result.
     *
     * @throws ConfigException if this Redis cannot serve, with what it lacks
     */
    public void check() {
        look().toCompletableFuture().join();
        String found = lack;
        if (found != null) {
            throw new ConfigException(found);
        }
    }

    /** Has it looked at when Redis is there, for a node that started without it: too late to end, so it is said. */
    public void checkWhenUp() {
        isDue.set(true);
    }

    /** Redis is back: looks, if that is due. Any thread may call. */
    @Override
    public void onUp() {
        if (isDue.compareAndSet(true, false)) {
            look().thenAccept(asked -> {
                isDue.compareAndSet(false, !asked);
                if (lack != null) {
                    LOG.warn("{}", lack);
                }
            });
        }
    }

    /** Why this Redis cannot serve; null if it can, as far as is known. */
    public @Nullable String lack() {
        return lack;
    }

    /** Says whether all could be asked: Redis may have gone meanwhile. What could not is no lack. */
    private CompletionStage<Boolean> look() {
        Set<String> missing = new ConcurrentSkipListSet<>();
        return clients.masters()
                .thenCompose(masters -> {
                    List<CompletionStage<?>> all = new ArrayList<>();
                    masters.forEach(each -> all.addAll(ask(each, missing)));
                    clients.masterNames().forEach(server -> all.add(subscribe(server, missing)));
                    return allOf(all);
                })
                .handle((done, error) -> {
                    lack = missing.isEmpty() ? null : said(missing);
                    if (error != null) {
                        LOG.warn("redis: not all that is needed could be asked for: {}", RedisClients.reason(error));
                    }
                    return error == null;
                });
    }

    private String said(Collection<String> missing) {
        return "redis.uri: " + clients.shown() + " cannot be used: " + String.join("; ", missing)
                + " (docs/redis.md says what is needed)";
    }

    private List<CompletionStage<?>> ask(RedisClusterAsyncCommands<String, byte[]> server, Set<String> missing) {
        List<CompletionStage<?>> asked = new ArrayList<>();
        asked.add(note(
                "INFO",
                server.info("server").thenAccept(info -> {
                    RedisVersion lowest = clients.isSharded() ? LOWEST_OF_CLUSTER : LOWEST;
                    RedisVersion found = RedisVersion.of(info);
                    if (found != null && found.isBefore(lowest)) {
                        missing.add("it is version " + found + ", and " + lowest + " is the lowest that serves");
                    }
                }),
                missing));
        String key = clients.keys()
                .named("check:{" + Long.toHexString(ThreadLocalRandom.current().nextLong()) + "}");
        asked.add(tryIt(server, missing, "PING"));
        asked.add(tryIt(server, missing, "EVAL", "return 1", "1", key));
        asked.add(tryIt(server, missing, "EVALSHA", "0".repeat(40), "1", key));
        asked.add(tryIt(server, missing, "TIME"));
        for (String each : ON_KEYS) {
            String[] words = each.split(" ", -1);
            String[] args = words.clone();
            args[0] = key;
            asked.add(tryIt(server, missing, words[0], args));
        }
        asked.add(tryIt(server, missing, "XREAD", "STREAMS", key, "0"));
        asked.add(tryIt(server, missing, clients.publishCommand(), key, ""));
        return asked;
    }

    private CompletionStage<?> tryIt(
            RedisClusterAsyncCommands<String, byte[]> server, Set<String> missing, String command, String... args) {
        CommandArgs<String, byte[]> all = new CommandArgs<>(RedisClients.CODEC);
        Stream.of(args).forEach(all::add);
        return note(
                command, server.dispatch(new Word(command), new NestedMultiOutput<>(RedisClients.CODEC), all), missing);
    }

    private CompletionStage<Void> note(String what, CompletionStage<?> answer, Set<String> missing) {
        return answer.handle((done, error) -> {
            String lacking = lacking(what, clients.keys().named("*"), error);
            if (lacking != null) {
                missing.add(lacking);
            }
            return null;
        });
    }

    /** What an answer says of a right or a command that is not there; null if it says nothing of that. */
    static @Nullable String lacking(String what, String ours, @Nullable Throwable error) {
        Throwable cause = error instanceof CompletionException ? error.getCause() : error;
        if (!(cause instanceof RedisCommandExecutionException)) {
            return null;
        }
        String answer = String.valueOf(cause.getMessage());
        if (answer.startsWith("NOPERM")) {
            return answer.contains("channel")
                    ? "its user has no right to the channels " + ours
                    : answer.contains("keys")
                            ? "its user has no right to the keys " + ours
                            : "its user has no right to run " + what.toLowerCase(Locale.ROOT);
        }
        return answer.startsWith("ERR unknown command") ? "it has no command " + what : null;
    }

    /** The right to listen, by a connection of its own. */
    private CompletionStage<Void> subscribe(String server, Set<String> missing) {
        String command = clients.isSharded() ? "SSUBSCRIBE" : "SUBSCRIBE";
        String channel = clients.keys().named("check:{" + server + "}");
        return clients.connectPubSub(StringCodec.UTF8, server)
                .thenCompose(made -> note(
                                command,
                                clients.isSharded()
                                        ? made.async().ssubscribe(channel)
                                        : made.async().subscribe(channel),
                                missing)
                        .whenComplete((done, error) -> made.closeAsync()));
    }

    private static CompletionStage<Void> allOf(Collection<CompletionStage<?>> stages) {
        return CompletableFuture.allOf(
                stages.stream().map(CompletionStage::toCompletableFuture).toArray(CompletableFuture[]::new));
    }
}
