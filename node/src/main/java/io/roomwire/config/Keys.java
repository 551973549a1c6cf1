package io.roomwire.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/** Every key that there is, in the order in which documents and {@code roomwire config} show them. */
public final class Keys {
    private static final List<Key<?>> LIST = new ArrayList<>();

    private static final long KIB = 1024;
    private static final long MIB = 1024 * KIB;
    private static final long GIB = 1024 * MIB;
    private static final long SECOND = 1000;
    private static final long MINUTE = 60 * SECOND;
    private static final long HOUR = 60 * MINUTE;

    static final Key<String> HOST = add(
            Key.text("host", "127.0.0.1", "Address that clients connect to; loopback, until you open it on purpose."));
    static final Key<Boolean> INSECURE = add(Key.flag(
            "insecure",
            false,
            "Whether everybody may come in from other machines as anybody; without it such a node does not start."));
    static final Key<Integer> PORT =
            add(Key.whole("port", 8080, 0, 65535, "Port for clients; 0 picks a free one and prints it."));
    static final Key<String> OPS_HOST =
            add(Key.text("ops-host", "127.0.0.1", "Address of the operations port; never one that clients can reach."));
    static final Key<Integer> OPS_PORT = add(Key.whole(
            "ops-port", 8081, 0, 65535, "Port for health, metrics and statistics; 0 picks a free one and prints it."));
    static final Key<Secret> OPS_KEYS = add(Key.secret(
            "ops-keys",
            "Keys of the server API, with commas or line ends between them so that one can be replaced; empty: the API is"
                    + " off."));
    static final Key<String> NODE_ID =
            add(Key.text("node-id", "", "Name of this node among its peers; empty: a random one at each start."));
    static final Key<Integer> THREADS = add(Key.whole(
            "threads", 0, 0, 1024, "Event loops; 0: one for each core, since a loop never waits for anything."));
    static final Key<Config.Transport> TRANSPORT = add(Key.choice(
            "transport",
            Config.Transport.AUTO,
            "What carries the sockets; auto: epoll where it is available, for its cheaper sends, else nio."));

    static final Key<Config.LogFormat> LOGGING_FORMAT = add(Key.choice(
            "logging.format", Config.LogFormat.TEXT, "Log lines for people (text) or for a log collector (json)."));
    static final Key<Config.LogLevel> LOGGING_LEVEL =
            add(Key.choice("logging.level", Config.LogLevel.INFO, "The least important log lines that are written."));

    static final Key<Long> HEARTBEAT_INTERVAL = add(Key.time(
            "heartbeat.interval",
            "25s",
            10,
            HOUR,
            "Silence of a client after which it gets a ping; under the 30 s after which some mobile networks forget."));
    static final Key<Long> HEARTBEAT_TIMEOUT = add(Key.time(
            "heartbeat.timeout",
            "60s",
            20,
            2 * HOUR,
            "Silence after which a connection is closed with 4001; longer than the interval, with room for one"
                    + " lost ping."));

    static final Key<Long> HANDSHAKE_TIMEOUT = add(Key.time(
            "handshake.timeout",
            "10s",
            10,
            10 * MINUTE,
            "Time for a connection to become a WebSocket, so that half-open ones cannot pile up."));
    static final Key<Long> HANDSHAKE_HEADER_BYTES = add(Key.size(
            "handshake.header-bytes",
            "16KiB",
            KIB,
            MIB,
            "Most bytes of a request's headers: the longest token and some cookies fit."));
    static final Key<String> TLS_CERTIFICATE = add(Key.text(
            "tls.certificate",
            "",
            "PEM file of the certificate with its chain; with it clients speak TLS 1.2 or 1.3. Read again when"
                    + " it changes. Empty: no TLS, a balancer may do it."));
    static final Key<String> TLS_KEY = add(Key.text(
            "tls.key",
            "",
            "PEM file of the certificate's private key: PKCS#8 without a password; read again as well."));
    static final Key<List<String>> ORIGINS_ALLOWED = add(Key.list(
            "origins.allowed",
            "[]",
            "Origins whose pages may connect and read history beside the node's own, such as https://app.example.com,"
                    + " file:// or null; * for all. Another is a 403."));
    static final Key<List<String>> HOSTS_ALLOWED = add(Key.list(
            "hosts.allowed",
            "[]",
            "Names in Host that the operations port answers to, and a node without authentication on loopback, beside"
                    + " addresses and names that no stranger's page can have; * for all."));
    static final Key<List<String>> PROXY_PROTOCOL_TRUSTED = add(Key.list(
            "proxy-protocol.trusted",
            "[]",
            "Networks of balancers, such as 10.0.0.0/8, whose connections must begin with a PROXY header (v1"
                    + " or v2); from others none is believed."));

    static final Key<Secret> AUTH_JWT_SECRET = add(
            Key.secret(
                    "auth.jwt.secret",
                    "Secret that tokens are signed with (HS256; HS384 from 48 bytes on, HS512 from 64); at least 32 random bytes."));
    static final Key<String> AUTH_JWT_PUBLIC_KEY = add(
            Key.text(
                    "auth.jwt.public-key",
                    "",
                    "Public key that tokens are checked with, in PEM: RSA from 2048 bits on (RS, PS), EC (ES256, 384, 512) or Ed25519 (EdDSA)."));
    static final Key<String> AUTH_JWT_JWKS_URL = add(
            Key.text(
                    "auth.jwt.jwks-url",
                    "",
                    "Where an identity provider publishes its public keys: https, or http on this machine. Fetched again when a token names an unknown key."));
    static final Key<String> AUTH_JWT_ISSUER =
            add(Key.text("auth.jwt.issuer", "", "What iss has to be in a token; empty: anything."));
    static final Key<String> AUTH_JWT_AUDIENCE = add(
            Key.text(
                    "auth.jwt.audience",
                    "",
                    "What aud has to name in a token; empty: a token that has an aud is meant for somebody else, and refused."));
    static final Key<Long> AUTH_JWT_SKEW = add(Key.time(
            "auth.jwt.skew",
            "30s",
            0,
            5 * MINUTE,
            "How far the clock of who signs tokens may be off: exp and nbf are taken that much less strictly."));
    static final Key<Long> AUTH_JWT_MAX_AGE = add(Key.time(
            "auth.jwt.max-age",
            "30d",
            MINUTE,
            366 * 24 * HOUR,
            "Longest life of a token, from iat to exp; a longer one is refused, since it could outlive its revocation,"
                    + " which is kept as long."));
    static final Key<Long> AUTH_TIMEOUT = add(Key.time(
            "auth.timeout",
            "10s",
            10,
            10 * MINUTE,
            "Time for a client without a token in its handshake to send auth; then it is closed with 4501."));
    static final Key<Boolean> AUTH_TOKEN_IN_URL = add(Key.flag(
            "auth.token-in-url",
            false,
            "Whether /ws?access_token=... is read too; off, since proxies and browsers write URLs into logs."));

    static final Key<String> HOOK_URL = add(
            Key.text(
                    "hook.url",
                    "",
                    "Where your back end is asked what users may do, beside their tokens: https, or http on this machine. Empty: it is not asked."));
    static final Key<List<String>> HOOK_EVENTS = add(Key.list(
            "hook.events",
            "[\"connect\", \"join\"]",
            "What it is asked about: connect (with authentication), join, broadcast; the last is a question a message,"
                    + " unless answers may be kept."));
    static final Key<Long> HOOK_TIMEOUT = add(Key.time(
            "hook.timeout", "2s", 10, MINUTE, "Time for its answer; meanwhile the client's next requests wait."));
    static final Key<Secret> HOOK_SECRET = add(Key.secret(
            "hook.secret", "Secret that signs the questions (HMAC-SHA256); at least 32 bytes. Empty: not signed."));
    static final Key<Hook.OnFailure> HOOK_ON_FAILURE = add(Key.choice(
            "hook.on-failure",
            Hook.OnFailure.DENY,
            "What no answer means; deny, since a back end that is down must not open what it guards."));

    static final Key<Long> BACKLOG_BYTES = add(Key.size(
            "backlog.bytes",
            "1MiB",
            KIB,
            GIB,
            "Bytes that may wait for a connection that reads slowly, beside what the kernel holds for it."));
    static final Key<Config.Overflow> BACKLOG_EPHEMERAL = add(Key.choice(
            "backlog.ephemeral",
            Config.Overflow.DROP,
            "What a full backlog does to a message of an ephemeral room: drop it, or close with 4002 as for"
                    + " the others."));

    static final Key<Boolean> COMPRESSION_ENABLED = add(Key.flag(
            "compression.enabled",
            true,
            "Whether clients that offer permessage-deflate get it; once a message, not once a member. Off where"
                    + " Safari 15 has to work, which breaks it."));
    static final Key<Integer> COMPRESSION_MIN_BYTES = add(Key.whole(
            "compression.min-bytes",
            256,
            0,
            Integer.MAX_VALUE,
            "Shorter messages are sent as they are: below that it saves no packet."));

    static final Key<Integer> LIMITS_CONNECTIONS = add(Key.whole(
            "limits.connections",
            100_000,
            0,
            Integer.MAX_VALUE,
            "Connections of this node; one more is closed with 1013. Some 8 KB each, the kernel's share in it,"
                    + " fit in 1 GB."));
    static final Key<Integer> LIMITS_HANDSHAKES = add(Key.whole(
            "limits.handshakes",
            10_000,
            0,
            Integer.MAX_VALUE,
            "Connections that are no WebSocket yet; one more is ended at once. More than come back in a moment"
                    + " when a node has died."));
    static final Key<Integer> LIMITS_CONNECTIONS_PER_ADDRESS = add(Key.whole(
            "limits.connections-per-address",
            0,
            0,
            Integer.MAX_VALUE,
            "Connections from one address, or a /64 of IPv6; one more is closed with 4101. Off, since behind a balancer all"
                    + " share one, unless proxy-protocol.trusted tells them apart."));
    static final Key<Integer> LIMITS_ROOMS_PER_CONNECTION = add(Key.whole(
            "limits.rooms-per-connection",
            100,
            0,
            Integer.MAX_VALUE,
            "Rooms that one connection may be in at a time."));
    static final Key<Integer> LIMITS_MEMBERS_PER_ROOM = add(Key.whole(
            "limits.members-per-room",
            100_000,
            0,
            Integer.MAX_VALUE,
            "Connections in one room on this node; as many as the node takes."));
    static final Key<Long> LIMITS_MESSAGE_BYTES = add(Key.size(
            "limits.message-bytes",
            "64KiB",
            0,
            64 * MIB,
            "Most bytes of a message from a client, decompressed; a larger one is closed with 1009."));
    static final Key<Long> LIMITS_PAGE_BYTES = add(Key.size(
            "limits.page-bytes",
            "64MiB",
            0,
            1024 * GIB,
            "Bytes of stored messages on their way to all clients that resume or ask for history; the others wait their"
                    + " turn, and who takes 5 s for a page meanwhile is closed with 4002."));
    static final Key<Long> LIMITS_PAGE_BYTES_PER_SECOND = add(Key.size(
            "limits.page-bytes-per-second",
            "8MiB",
            0,
            1024 * GIB,
            "Such bytes a second for one connection, and for one user by HTTP, in the long run, so that the log has time"
                    + " for others; what 4 s allow may come at once, then the next page waits, and is a 429 by HTTP."));
    static final Key<Integer> LIMITS_MESSAGES_PER_SECOND = add(Key.whole(
            "limits.messages-per-second",
            1000,
            0,
            Integer.MAX_VALUE,
            "Requests a second of one connection, in the long run, and of one user that asks for history by"
                    + " HTTP; a cursor sends 60, so who sends more is a back end or broken."));
    static final Key<Integer> LIMITS_MESSAGES_BURST = add(Key.whole(
            "limits.messages-burst",
            2000,
            1,
            Integer.MAX_VALUE,
            "Requests that may come at once after a silence, such as the joins and resends after a reconnect."));
    static final Key<Long> LIMITS_BYTES_PER_SECOND = add(
            Key.size(
                    "limits.bytes-per-second",
                    "4MiB",
                    0,
                    GIB,
                    "Bytes a second that a connection may send in the long run, inflated ones and eightfold the deflated ones; who"
                            + " sends more is read more slowly. Before a token has come a 64th. Four seconds of it may come at once."));
    static final Key<Long> LIMITS_BYTES_STORED_PER_USER = add(Key.size(
            "limits.bytes-stored-per-user",
            "1GiB",
            0,
            1024 * GIB,
            "What this node stores for one user in Redis or PostgreSQL within a day: contents and half as much again, ids,"
                    + " 300 bytes more a message and 6 KiB more a new room; beyond it rate_limited, so that nobody fills them"
                    + " alone. Lower it where Redis has little memory."));
    static final Key<Long> LIMITS_BYTES_STORED_PER_ROOM = add(Key.size(
            "limits.bytes-stored-per-room",
            "16GiB",
            0,
            1024 * GIB,
            "The same for one room and all who write in it; times the days of postgres.retention-age it is what a room can"
                    + " have in PostgreSQL. What 200 messages a second of 400 bytes come to."));
    static final Key<Integer> LIMITS_DIRECTS_PER_RECIPIENT = add(Key.whole(
            "limits.directs-per-recipient",
            100,
            0,
            Integer.MAX_VALUE,
            "Direct messages a second of one user to one other, twice as many at once, so that nobody drowns another's"
                    + " personal room."));
    static final Key<Integer> LIMITS_DIRECTS_TO_ONE_USER = add(Key.whole(
            "limits.directs-to-one-user",
            1000,
            0,
            Integer.MAX_VALUE,
            "The same of all users of this node together to one, so that many do not drown him either."));
    static final Key<Integer> LIMITS_PROTOCOL_ERRORS = add(Key.whole(
            "limits.protocol-errors",
            20,
            0,
            Integer.MAX_VALUE,
            "Requests in a row that are no valid requests; then the connection is closed with 4503."));

    static final Key<Boolean> IDS_BIDI_CONTROLS = add(Key.flag(
            "ids.bidi-controls",
            false,
            "Whether clients may use ids with characters that turn the direction of text (U+202A to U+202E, U+2066 to"
                    + " U+2069); off, since one name then looks like another."));

    static final Key<List<String>> ROOMS_EPHEMERAL = add(
            Key.list(
                    "rooms.ephemeral",
                    "[\"cursors:\", \"typing:\"]",
                    "Prefixes of rooms without a log: at most once, no seq, the lowest latency. The longest prefix of all rules counts."));
    static final Key<List<String>> ROOMS_REDIS_LOG = add(
            Key.list(
                    "rooms.redis-log",
                    "[]",
                    "Prefixes of rooms whose log is in Redis although there is a PostgreSQL: faster, as safe as Redis keeps its data."));
    static final Key<List<String>> ROOMS_DURABLE = add(Key.list(
            "rooms.durable", "[]", "Prefixes of rooms that are in PostgreSQL, as exceptions to the two rules above."));
    static final Key<Long> ROOMS_LINGER = add(Key.time(
            "rooms.linger",
            "10s",
            0,
            HOUR,
            "How long a room without members stays open, so that a reconnect does not open it again; at most 50,000"
                    + " at a time, more close at once."));

    static final Key<Integer> MEMORY_LOG_MESSAGES = add(Key.whole(
            "memory-log.messages-per-room",
            1000,
            1,
            10_000_000,
            "Newest messages that a room keeps for history and resume."));
    static final Key<Long> MEMORY_LOG_ROOM_BYTES = add(Key.size(
            "memory-log.bytes-per-room",
            "1MiB",
            KIB,
            GIB,
            "Most bytes of a room's messages; the newest always stays."));
    static final Key<Long> MEMORY_LOG_BYTES = add(Key.size(
            "memory-log.bytes",
            "256MiB",
            MIB,
            1024 * GIB,
            "Most bytes of all rooms' messages and ids; then the oldest messages go first."));
    static final Key<Long> MEMORY_LOG_TTL = add(Key.time(
            "memory-log.ttl",
            "5m",
            0,
            24 * HOUR,
            "How long a room's log stays after its last member left; not shorter than the idempotency window."));
    static final Key<Long> IDEMPOTENCY_WINDOW = add(Key.time(
            "idempotency.window",
            "5m",
            SECOND,
            24 * HOUR,
            "How long a message may be sent again with the same id and be stored once; longer than a client retries."));

    static final Key<String> POSTGRES_URI = add(Key.text(
            "postgres.uri",
            "",
            "Where durable rooms are kept: postgres://host/db or a JDBC URL; several with commas share the"
                    + " rooms by hash; empty: nowhere."));
    static final Key<String> POSTGRES_USER =
            add(Key.text("postgres.user", "", "Role of the node in PostgreSQL; empty: the one of the URI."));
    static final Key<Secret> POSTGRES_PASSWORD = add(Key.secret(
            "postgres.password", "Password of that role, never shown or logged; empty: the one of the URI."));
    static final Key<Integer> POSTGRES_POOL = add(
            Key.whole(
                    "postgres.pool",
                    4,
                    1,
                    1000,
                    "Connections for pages, a database; few, since equal reads are one. Heads have two of their own, appends those of postgres.writers."));
    static final Key<Integer> POSTGRES_WRITERS = add(Key.whole(
            "postgres.writers",
            2,
            1,
            64,
            "Connections for appends, a database, which share the rooms: while one waits for its commit"
                    + " another works."));
    static final Key<Long> POSTGRES_TIMEOUT = add(Key.time(
            "postgres.timeout",
            "2s",
            2 * SECOND,
            10 * MINUTE,
            "Longest wait for PostgreSQL, to connect and to answer; then the sender is told unavailable."));
    static final Key<Integer> POSTGRES_QUEUE = add(Key.whole(
            "postgres.queue",
            20_000,
            1,
            10_000_000,
            "Messages that may wait for their commit; one more is unavailable at once. What a fast disk takes"
                    + " in 0.2 s."));
    static final Key<Long> POSTGRES_RETENTION_AGE = add(Key.time(
            "postgres.retention-age",
            "7d",
            0,
            36_500 * 24 * HOUR,
            "Age at which messages are dropped, a partition at a time; 0s: never. Not shorter than"
                    + " idempotency.window."));
    static final Key<List<String>> POSTGRES_RETENTION_MESSAGES = add(Key.list(
            "postgres.retention-messages",
            "[]",
            "Newest messages that rooms show, such as \"lobby:=1000\" for a prefix; the longest that fits counts."));
    static final Key<Config.Durability> POSTGRES_DURABILITY = add(Key.choice(
            "postgres.durability",
            Config.Durability.REQUIRE,
            "What a server with fsync, full_page_writes or synchronous_commit off is worth: refused, or only"
                    + " reported."));

    static final Key<Long> DRAIN_GRACE = add(Key.time(
            "drain.grace",
            "5s",
            0,
            HOUR,
            "After SIGTERM: how long /ready is false before the node stops accepting; two checks of deploy/haproxy.cfg"
                    + " and a second. It passes at once where nobody has asked /ready in the last 60 s."));
    static final Key<Long> DRAIN_SPREAD = add(Key.time(
            "drain.spread",
            "5s",
            0,
            HOUR,
            "Time over which the goodbyes are spread, so that the other nodes see a slope and not a wall."));
    static final Key<Long> DRAIN_TIMEOUT = add(Key.time(
            "drain.timeout", "20s", 0, 2 * HOUR, "Longest time from SIGTERM to the end; grace and spread are in it."));

    static final Key<String> REDIS_URI = add(Key.text(
            "redis.uri",
            "",
            "Redis that joins the nodes: redis:// or rediss:// (TLS), user and password in it; commas between"
                    + " hosts; empty: one node alone."));
    static final Key<Config.RedisMode> REDIS_MODE = add(Key.choice(
            "redis.mode",
            Config.RedisMode.STANDALONE,
            "What the hosts of the URI are: one server, Sentinels (redis-sentinel://hosts#name), or some of a"
                    + " Redis Cluster."));
    static final Key<Long> REDIS_TIMEOUT = add(Key.time(
            "redis.timeout",
            "2s",
            10,
            MINUTE,
            "Time for an answer of Redis; long for a healthy one, short enough that a client is told"
                    + " unavailable soon."));
    static final Key<String> REDIS_CA = add(Key.text(
            "redis.ca-file",
            "",
            "PEM file of the authorities that may sign Redis' certificate, for rediss://; empty: those that"
                    + " Java trusts."));
    static final Key<String> REDIS_PREFIX = add(Key.matching(
            "redis.prefix",
            Config.Redis.PREFIX,
            "[A-Za-z0-9._:-]{1,64}",
            "1 to 64 letters, digits and . _ : -",
            "Before the names of all keys and channels: deployments that share a Redis, even in databases of their own,"
                    + " need each another, since channels know no database."));
    static final Key<Integer> REDIS_LOG_MESSAGES = add(Key.whole(
            "redis-log.messages-per-room",
            1000,
            1,
            10_000_000,
            "Newest messages that Redis keeps of a room for history and resume."));
    static final Key<Long> REDIS_LOG_ROOM_BYTES = add(
            Key.size(
                    "redis-log.bytes-per-room",
                    "4MiB",
                    KIB,
                    GIB,
                    "Most bytes of a room's messages in Redis, the ids in them too; the newest always stays. 1000 messages of 4 KB fit."));
    static final Key<Integer> REDIS_LOG_REPLICAS = add(Key.whole(
            "redis-log.replicas",
            0,
            0,
            16,
            "Replicas that have to have a message before it is acked, not with a cluster; 0, since each ack then waits"
                    + " for them, and too few of them are unavailable."));
    static final Key<Long> REDIS_LOG_TTL = add(Key.time(
            "redis-log.ttl",
            "24h",
            SECOND,
            366 * 24 * HOUR,
            "How long a room's log stays in Redis after its last use; not shorter than the idempotency window."));
    static final Key<Long> PRESENCE_HEARTBEAT = add(Key.time(
            "presence.heartbeat",
            "3s",
            10,
            MINUTE,
            "How often a node tells Redis that it lives, and looks for peers that do not."));
    static final Key<Long> PRESENCE_TIMEOUT = add(Key.time(
            "presence.timeout",
            "10s",
            20,
            10 * MINUTE,
            "Silence after which a node counts as dead; with one heartbeat on top its members are gone within 15 s."));

    /** What nearly everybody sets; the first table of docs/configuration.md. */
    private static final Set<Key<?>> ESSENTIAL = Set.of(
            HOST,
            PORT,
            OPS_HOST,
            OPS_PORT,
            OPS_KEYS,
            ORIGINS_ALLOWED,
            AUTH_JWT_SECRET,
            AUTH_JWT_PUBLIC_KEY,
            AUTH_JWT_JWKS_URL,
            REDIS_URI,
            POSTGRES_URI,
            POSTGRES_USER,
            POSTGRES_PASSWORD,
            POSTGRES_RETENTION_AGE);

    /** What many deployments set; the second table. */
    private static final Set<Key<?>> OFTEN = Set.of(
            INSECURE,
            LOGGING_FORMAT,
            LOGGING_LEVEL,
            TLS_CERTIFICATE,
            TLS_KEY,
            HOSTS_ALLOWED,
            PROXY_PROTOCOL_TRUSTED,
            AUTH_JWT_ISSUER,
            AUTH_JWT_AUDIENCE,
            HOOK_URL,
            HOOK_EVENTS,
            HOOK_SECRET,
            HOOK_ON_FAILURE,
            LIMITS_CONNECTIONS,
            LIMITS_CONNECTIONS_PER_ADDRESS,
            LIMITS_MESSAGE_BYTES,
            LIMITS_MESSAGES_PER_SECOND,
            LIMITS_BYTES_STORED_PER_USER,
            ROOMS_EPHEMERAL,
            ROOMS_REDIS_LOG,
            ROOMS_DURABLE,
            MEMORY_LOG_BYTES,
            IDEMPOTENCY_WINDOW,
            POSTGRES_RETENTION_MESSAGES,
            REDIS_MODE,
            REDIS_CA,
            REDIS_PREFIX,
            REDIS_LOG_MESSAGES,
            REDIS_LOG_TTL);

    private Keys() {}

    /** How many deployments set a key, so that a reader finds first what he is likely to need. */
    public enum Use {
        ESSENTIAL,
        OFTEN,
        RARE
    }

    /** How many deployments set that key: a new one is rare until it is named above. */
    public static Use use(Key<?> key) {
        if (ESSENTIAL.contains(key)) {
            return Use.ESSENTIAL;
        }
        return OFTEN.contains(key) ? Use.OFTEN : Use.RARE;
    }

    /** All of them, in order. */
    public static List<Key<?>> all() {
        return Collections.unmodifiableList(LIST);
    }

    private static <T> Key<T> add(Key<T> key) {
        LIST.add(key);
        return key;
    }
}
