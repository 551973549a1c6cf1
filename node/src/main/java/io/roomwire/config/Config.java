package io.roomwire.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The effective configuration, checked at birth. Immutable; times are milliseconds, sizes bytes, 0 switches a limit off.
 *
 * <p>What each value is for stands at its key in {@link Keys}.
 */
public record Config(
        String host,
        int port,
        String opsHost,
        int opsPort,
        OpsKeys opsKeys,
        String nodeId,
        int threads,
        Transport transport,
        Logging logging,
        Heartbeat heartbeat,
        Handshake handshake,
        Optional<Tls> tls,
        Origins origins,
        Hosts hosts,
        ProxyProtocol proxyProtocol,
        Auth auth,
        Hook hook,
        Backlog backlog,
        Compression compression,
        Limits limits,
        boolean bidiIds,
        Rooms rooms,
        MemoryLog memoryLog,
        Drain drain,
        Redis redis,
        RedisLog redisLog,
        Presence presence,
        Postgres postgres) {
    /** It travels with its length in one byte (RelayHeader). */
    private static final int MAX_NODE_ID_BYTES = 255;

    private static final Set<String> ANY_ADDRESS = Set.of("0.0.0.0", "::", "[::]");

    /** What is checked beside each value by itself: values that have a form, and those that depend on each other. */
    private static final List<Function<Settings, ?>> CHECKS = List.of(
            Auth::of,
            Auth::checkedHost,
            Config::opsPort,
            OpsKeys::of,
            Config::nodeId,
            Heartbeat::of,
            Tls::of,
            Origins::of,
            settings -> Network.all(settings, Keys.PROXY_PROTOCOL_TRUSTED),
            settings -> Hook.of(settings, Auth.of(settings).isOpen()),
            RoomRules::of,
            MemoryLog::of,
            Drain::of,
            Redis::of,
            RedisLog::of,
            Presence::of,
            Postgres::of);

    /**
     * Checks every value.
     *
     * @throws ConfigException that names each key whose value cannot be used
     */
    public static Config of(Settings settings) {
        Faults faults = new Faults();
        settings.check(faults);
        CHECKS.forEach(check -> faults.in(() -> {
            Object unused = check.apply(settings); // it is made again below, where nothing is wrong
        }));
        faults.refuse();
        Auth auth = Auth.of(settings);
        return new Config(
                Auth.checkedHost(settings),
                settings.get(Keys.PORT),
                settings.get(Keys.OPS_HOST),
                opsPort(settings),
                OpsKeys.of(settings),
                nodeId(settings),
                settings.get(Keys.THREADS),
                settings.get(Keys.TRANSPORT),
                new Logging(settings.get(Keys.LOGGING_FORMAT), settings.get(Keys.LOGGING_LEVEL)),
                Heartbeat.of(settings),
                new Handshake(
                        settings.get(Keys.HANDSHAKE_TIMEOUT),
                        settings.get(Keys.HANDSHAKE_HEADER_BYTES).intValue()),
                Tls.of(settings),
                Origins.of(settings),
                Hosts.of(settings, auth.isOpen()),
                new ProxyProtocol(Network.all(settings, Keys.PROXY_PROTOCOL_TRUSTED)),
                auth,
                Hook.of(settings, auth.isOpen()),
                new Backlog(settings.get(Keys.BACKLOG_BYTES), settings.get(Keys.BACKLOG_EPHEMERAL)),
                new Compression(settings.get(Keys.COMPRESSION_ENABLED), settings.get(Keys.COMPRESSION_MIN_BYTES)),
                Limits.of(settings),
                settings.get(Keys.IDS_BIDI_CONTROLS),
                new Rooms(RoomRules.of(settings), settings.get(Keys.ROOMS_LINGER)),
                MemoryLog.of(settings),
                Drain.of(settings),
                Redis.of(settings),
                RedisLog.of(settings),
                Presence.of(settings),
                Postgres.of(settings));
    }

    /** Hosts that differ may share a port, unless one of them stands for all addresses. */
    private static int opsPort(Settings settings) {
        int port = settings.get(Keys.OPS_PORT);
        String host = settings.get(Keys.HOST);
        String opsHost = settings.get(Keys.OPS_HOST);
        boolean sameAddress = host.equals(opsHost) || ANY_ADDRESS.contains(host) || ANY_ADDRESS.contains(opsHost);
        if (port != 0 && port == settings.get(Keys.PORT) && sameAddress) {
            throw settings.wrong(Keys.OPS_PORT, "another port than that of clients");
        }
        return port;
    }

    private static String nodeId(Settings settings) {
        String nodeId = settings.get(Keys.NODE_ID);
        if (nodeId.getBytes(StandardCharsets.UTF_8).length > MAX_NODE_ID_BYTES) {
            throw settings.wrong(Keys.NODE_ID, "at most " + MAX_NODE_ID_BYTES + " bytes of UTF-8");
        }
        return nodeId.isEmpty()
                ? "n-" + Long.toString(ThreadLocalRandom.current().nextLong(1L << 40), Character.MAX_RADIX)
                : nodeId;
    }

    /** A log that forgot a room within the window would store a message twice that is sent again. */
    private static long notShorterThanTheWindow(Settings settings, Key<Long> ttl) {
        long ttlMs = settings.get(ttl);
        long windowMs = settings.get(Keys.IDEMPOTENCY_WINDOW);
        if (ttlMs < windowMs) {
            throw settings.wrong(ttl, "at least idempotency.window (" + windowMs + "ms)");
        }
        return ttlMs;
    }

    /** What carries the sockets. */
    public enum Transport {
        AUTO,
        EPOLL,
        NIO
    }

    /** How log lines look. */
    public enum LogFormat {
        TEXT,
        JSON
    }

    /** The least important lines that are logged. */
    public enum LogLevel {
        TRACE,
        DEBUG,
        INFO,
        WARN,
        ERROR
    }

    /** What the hosts of the Redis URI are. */
    public enum RedisMode {
        STANDALONE,
        SENTINEL,
        CLUSTER
    }

    /** What a full backlog does to a message of an ephemeral room. */
    public enum Overflow {
        DROP,
        CLOSE
    }

    /** What becomes of a database that may lose what it committed. */
    public enum Durability {
        REQUIRE,
        REPORT
    }

    public record Logging(LogFormat format, LogLevel level) {}

    public record Heartbeat(long intervalMs, long timeoutMs) {
        static Heartbeat of(Settings settings) {
            long intervalMs = settings.get(Keys.HEARTBEAT_INTERVAL);
            long timeoutMs = settings.get(Keys.HEARTBEAT_TIMEOUT);
            if (timeoutMs <= intervalMs) {
                throw settings.wrong(Keys.HEARTBEAT_TIMEOUT, "more than heartbeat.interval (" + intervalMs + "ms)");
            }
            return new Heartbeat(intervalMs, timeoutMs);
        }
    }

    public record Handshake(long timeoutMs, int headerBytes) {}

    public record ProxyProtocol(List<Network> trusted) {}

    public record Backlog(long bytes, Overflow ephemeral) {}

    public record Compression(boolean enabled, int minBytes) {}

    /**
     * What users may have stored, and send to each other, on one node; 0 is no limit.
     *
     * @param bytesPerUser that a user may have stored within a day
     * @param bytesPerRoom that may be stored in a room within a day
     * @param directsPerRecipient a second, of one user to one other
     * @param directsToOneUser a second, of all users to one
     */
    public record Quota(long bytesPerUser, long bytesPerRoom, int directsPerRecipient, int directsToOneUser) {}

    public record Limits(
            int connections,
            int handshakes,
            int connectionsPerAddress,
            int roomsPerConnection,
            int membersPerRoom,
            int messageBytes,
            long pageBytes,
            long pageBytesPerSecond,
            int messagesPerSecond,
            int messagesBurst,
            int bytesPerSecond,
            Quota quota,
            int protocolErrors) {
        /** What "off" means for a message: the longest that an array can hold with room to grow. */
        private static final int UNLIMITED_MESSAGE_BYTES = 1 << 30;

        static Limits of(Settings settings) {
            int messageBytes = settings.get(Keys.LIMITS_MESSAGE_BYTES).intValue();
            return new Limits(
                    settings.get(Keys.LIMITS_CONNECTIONS),
                    settings.get(Keys.LIMITS_HANDSHAKES),
                    settings.get(Keys.LIMITS_CONNECTIONS_PER_ADDRESS),
                    settings.get(Keys.LIMITS_ROOMS_PER_CONNECTION),
                    settings.get(Keys.LIMITS_MEMBERS_PER_ROOM),
                    messageBytes == 0 ? UNLIMITED_MESSAGE_BYTES : messageBytes,
                    settings.get(Keys.LIMITS_PAGE_BYTES),
                    settings.get(Keys.LIMITS_PAGE_BYTES_PER_SECOND),
                    settings.get(Keys.LIMITS_MESSAGES_PER_SECOND),
                    settings.get(Keys.LIMITS_MESSAGES_BURST),
                    settings.get(Keys.LIMITS_BYTES_PER_SECOND).intValue(),
                    new Quota(
                            settings.get(Keys.LIMITS_BYTES_STORED_PER_USER),
                            settings.get(Keys.LIMITS_BYTES_STORED_PER_ROOM),
                            settings.get(Keys.LIMITS_DIRECTS_PER_RECIPIENT),
                            settings.get(Keys.LIMITS_DIRECTS_TO_ONE_USER)),
                    settings.get(Keys.LIMITS_PROTOCOL_ERRORS));
        }

        /** Whether one more than {@code count} would be over the limit; 0 is no limit. */
        public static boolean reached(int limit, int count) {
            return limit > 0 && count >= limit;
        }
    }

    public record Rooms(RoomRules rules, long lingerMs) {}

    public record MemoryLog(int messagesPerRoom, long bytesPerRoom, long bytes, long ttlMs, long idempotencyWindowMs) {
        static MemoryLog of(Settings settings) {
            return new MemoryLog(
                    settings.get(Keys.MEMORY_LOG_MESSAGES),
                    settings.get(Keys.MEMORY_LOG_ROOM_BYTES),
                    settings.get(Keys.MEMORY_LOG_BYTES),
                    notShorterThanTheWindow(settings, Keys.MEMORY_LOG_TTL),
                    settings.get(Keys.IDEMPOTENCY_WINDOW));
        }
    }

    public record Drain(long graceMs, long spreadMs, long timeoutMs) {
        static Drain of(Settings settings) {
            long graceMs = settings.get(Keys.DRAIN_GRACE);
            long spreadMs = settings.get(Keys.DRAIN_SPREAD);
            long timeoutMs = settings.get(Keys.DRAIN_TIMEOUT);
            if (timeoutMs < graceMs + spreadMs) {
                throw settings.wrong(
                        Keys.DRAIN_TIMEOUT, "at least drain.grace and drain.spread (" + (graceMs + spreadMs) + "ms)");
            }
            return new Drain(graceMs, spreadMs, timeoutMs);
        }
    }

    /** Where Redis is; the URI is empty for none, and may hold a password, so it is never logged. */
    public record Redis(String uri, RedisMode mode, long timeoutMs, String caFile, String prefix) {
        private static final Pattern REDIS_SCHEME = Pattern.compile("redis(?:s|-socket|-sentinel|s-sentinel)?://");

        /** As in all versions before the key was there. */
        public static final String PREFIX = "rw";

        /** With the default prefix. */
        public Redis(String uri, RedisMode mode, long timeoutMs, String caFile) {
            this(uri, mode, timeoutMs, caFile, PREFIX);
        }

        static Redis of(Settings settings) {
            String caFile = settings.get(Keys.REDIS_CA);
            if (!caFile.isEmpty() && !hasCertificates(Path.of(caFile))) {
                throw settings.wrong(Keys.REDIS_CA, "a file of certificates (PEM) that can be read");
            }
            String uri = settings.get(Keys.REDIS_URI);
            if (!uri.isEmpty() && !REDIS_SCHEME.matcher(uri).lookingAt()) {
                throw settings.wrong(
                        Keys.REDIS_URI,
                        "redis:// or rediss:// (TLS), or redis-sentinel:// where redis.mode is sentinel");
            }
            return new Redis(
                    uri,
                    settings.get(Keys.REDIS_MODE),
                    settings.get(Keys.REDIS_TIMEOUT),
                    caFile,
                    settings.get(Keys.REDIS_PREFIX));
        }

        private static boolean hasCertificates(Path file) {
            try (InputStream in = Files.newInputStream(file)) {
                return !CertificateFactory.getInstance("X.509")
                        .generateCertificates(in)
                        .isEmpty();
            } catch (IOException | CertificateException e) {
                return false;
            }
        }

        public boolean isSet() {
            return !uri.isEmpty();
        }

        @Override
        public String toString() {
            return "Redis[mode=" + mode + ", timeoutMs=" + timeoutMs + "]";
        }
    }

    public record RedisLog(int messagesPerRoom, long bytesPerRoom, long ttlMs, long idempotencyWindowMs, int replicas) {
        /** Acks wait for no replica, and rooms have room. */
        public RedisLog(int messagesPerRoom, long ttlMs, long idempotencyWindowMs) {
            this(messagesPerRoom, 1L << 40, ttlMs, idempotencyWindowMs, 0);
        }

        static RedisLog of(Settings settings) {
            int replicas = settings.get(Keys.REDIS_LOG_REPLICAS);
            if (replicas > 0 && settings.get(Keys.REDIS_MODE) == RedisMode.CLUSTER) {
                throw settings.wrong(Keys.REDIS_LOG_REPLICAS, "0 while redis.mode is cluster");
            }
            return new RedisLog(
                    settings.get(Keys.REDIS_LOG_MESSAGES),
                    settings.get(Keys.REDIS_LOG_ROOM_BYTES),
                    notShorterThanTheWindow(settings, Keys.REDIS_LOG_TTL),
                    settings.get(Keys.IDEMPOTENCY_WINDOW),
                    replicas);
        }
    }

    public record Presence(long heartbeatMs, long timeoutMs) {
        static Presence of(Settings settings) {
            long heartbeatMs = settings.get(Keys.PRESENCE_HEARTBEAT);
            long timeoutMs = settings.get(Keys.PRESENCE_TIMEOUT);
            if (timeoutMs < 2 * heartbeatMs) {
                throw settings.wrong(
                        Keys.PRESENCE_TIMEOUT, "at least twice presence.heartbeat (" + 2 * heartbeatMs + "ms)");
            }
            return new Presence(heartbeatMs, timeoutMs);
        }
    }

    /** The databases of the durable rooms, and what they may cost; without servers no room is kept in PostgreSQL. */
    public record Postgres(
            List<PostgresServer> servers,
            int pool,
            int writers,
            long timeoutMs,
            int queue,
            long retentionAgeMs,
            List<KeptMessages> retentionMessages,
            Durability durability,
            long idempotencyWindowMs) {
        static Postgres of(Settings settings) {
            long windowMs = settings.get(Keys.IDEMPOTENCY_WINDOW);
            long ageMs = settings.get(Keys.POSTGRES_RETENTION_AGE);
            if (ageMs != 0 && ageMs < windowMs) {
                throw settings.wrong(
                        Keys.POSTGRES_RETENTION_AGE, "0s or at least idempotency.window (" + windowMs + "ms)");
            }
            return new Postgres(
                    PostgresServer.all(settings),
                    settings.get(Keys.POSTGRES_POOL),
                    settings.get(Keys.POSTGRES_WRITERS),
                    settings.get(Keys.POSTGRES_TIMEOUT),
                    settings.get(Keys.POSTGRES_QUEUE),
                    ageMs,
                    KeptMessages.all(settings),
                    settings.get(Keys.POSTGRES_DURABILITY),
                    windowMs);
        }
    }
}
