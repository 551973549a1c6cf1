package io.roomwire.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
    private static final String STRONG = "0123456789abcdef".repeat(2);

    @TempDir
    private Path directory;

    private Path file(String... lines) throws IOException {
        return Files.write(directory.resolve("roomwire.conf"), List.of(lines));
    }

    private static Settings flag(String key, String value) {
        return Settings.load(null, Map.of(), Map.of(key, value));
    }

    /** Of one fault. */
    private static ConfigException refusal(Settings settings) {
        ConfigException refusal = refusalOfAll(settings);
        assertThat(refusal.getMessage()).as("one line").doesNotContain("\n");
        return refusal;
    }

    private static ConfigException refusalOfAll(Settings settings) {
        ConfigException refusal = catchThrowableOfType(ConfigException.class, () -> Config.of(settings));
        assertThat(refusal).as("it is refused").isNotNull();
        return refusal;
    }

    private static ConfigException unreadable(Path file) {
        ConfigException refusal =
                catchThrowableOfType(ConfigException.class, () -> Config.of(Settings.load(file, Map.of(), Map.of())));
        assertThat(refusal).as("it is refused").isNotNull();
        return refusal;
    }

    static Stream<Key<?>> everyKey() {
        return Keys.all().stream();
    }

    /** All but those that take any text. */
    static Stream<Key<?>> everyKeyThatIsNotText() {
        return everyKey().filter(key -> !key.expects().contains("text"));
    }

    @Test
    void flagsGoOverEnvironmentOverFileOverDefaults() throws IOException {
        Path file = file("port = 1", "ops-port = 2", "threads = 3");
        Map<String, String> environment = Map.of("ROOMWIRE_PORT", "11", "ROOMWIRE_OPS_PORT", "12");

        Settings settings = Settings.load(file, environment, Map.of("port", "21"));

        assertThat(settings.get(Keys.PORT)).isEqualTo(21);
        assertThat(settings.get(Keys.OPS_PORT)).isEqualTo(12);
        assertThat(settings.get(Keys.THREADS)).isEqualTo(3);
        assertThat(settings.get(Keys.HOST)).isEqualTo("127.0.0.1");
    }

    @Test
    void everyValueKnowsWhereItCameFrom() throws IOException {
        Path file = file("# a comment", "limits {", "  connections = 7", "}");

        Settings settings = Settings.load(file, Map.of("ROOMWIRE_OPS_PORT", "12"), Map.of("drain.spread", "1s"));

        assertThat(settings.origin(Keys.DRAIN_SPREAD)).isEqualTo("flag");
        assertThat(settings.origin(Keys.OPS_PORT)).isEqualTo("environment ROOMWIRE_OPS_PORT");
        assertThat(settings.origin(Keys.LIMITS_CONNECTIONS)).contains("roomwire.conf: 3");
        assertThat(settings.origin(Keys.PORT)).isEqualTo("default");
    }

    @Test
    void valuesOfTheSameGroupMayComeFromDifferentPlaces() throws IOException {
        Settings settings = Settings.load(
                file("limits.connections = 7", "limits.messages-burst = 8"),
                Map.of("ROOMWIRE_LIMITS_MESSAGES_BURST", "18"),
                Map.of("limits.members-per-room", "28"));

        Config.Limits limits = Config.of(settings).limits();
        assertThat(limits.connections()).isEqualTo(7);
        assertThat(limits.messagesBurst()).isEqualTo(18);
        assertThat(limits.membersPerRoom()).isEqualTo(28);
        assertThat(limits.protocolErrors()).isEqualTo(20);
    }

    @ParameterizedTest
    @MethodSource("everyKey")
    void everyDefaultIsAllowedAndItsOwn(Key<?> key) {
        Settings settings = Settings.load(null, Map.of(), Map.of());

        assertThat(settings.get(key)).isNotNull();
        assertThat(settings.origin(key)).isEqualTo("default");
    }

    @ParameterizedTest
    @MethodSource("everyKey")
    void everyDefaultMayBeWrittenAsAFlag(Key<?> key) {
        // lists have commas there
        if (!key.secret() && !(Settings.load(null, Map.of(), Map.of()).get(key) instanceof List)) {
            assertThat(flag(key.name(), key.fallback()).get(key))
                    .isEqualTo(Settings.load(null, Map.of(), Map.of()).get(key));
        }
    }

    @ParameterizedTest
    @MethodSource("everyKeyThatIsNotText")
    void aWrongValueNamesItsKeyWhatWasExpectedWhatWasFoundAndWhere(Key<?> key) throws IOException {
        String message = key.name() + ": expected " + key.expects() + ", found \"no such thing\" (from ";

        assertThat(refusal(flag(key.name(), "no such thing"))).hasMessage(message + "flag)");
        assertThat(refusal(Settings.load(null, Map.of(key.variable(), "no such thing"), Map.of())))
                .hasMessage(message + "environment " + key.variable() + ")");
        assertThat(refusal(Settings.load(file(key.name() + " = no such thing"), Map.of(), Map.of())))
                .hasMessageStartingWith(message)
                .hasMessageContaining("roomwire.conf: 1");
    }

    @ParameterizedTest
    @MethodSource("everyKey")
    void aWholeGroupIsNoValue(Key<?> key) throws IOException {
        assertThat(refusal(Settings.load(file(key.name() + " = {}"), Map.of(), Map.of())))
                .hasMessageStartingWith(key.name() + ": expected ");
    }

    @ParameterizedTest
    @CsvSource({
        "port,-1",
        "port,65536",
        "port,80.5",
        "port,''",
        "port,99999999999",
        "threads,1025",
        "transport,kqueue",
        "logging.format,xml",
        "logging.level,loud",
        "proxy-protocol.trusted,10.0.0.0",
        "proxy-protocol.trusted,10.0.0.0/33",
        "proxy-protocol.trusted,10.0.0.0/-1",
        "proxy-protocol.trusted,10.0.0/8",
        "proxy-protocol.trusted,fd00::/129",
        "proxy-protocol.trusted,localhost/8",
        "proxy-protocol.trusted,/8",
        "origins.allowed,app.example.com",
        "origins.allowed,https://app.example.com/",
        "origins.allowed,https://app.example.com/chat",
        "origins.allowed,https://app.example.com:443",
        "origins.allowed,http://app.example.com:80",
        "origins.allowed,https://*.example.com",
        "origins.allowed,file:///",
        "tls.certificate,/no/such/file",
        "heartbeat.interval,9ms",
        "heartbeat.interval,-1s",
        "heartbeat.interval,2 fortnights",
        "handshake.timeout,0s",
        "handshake.header-bytes,1",
        "backlog.bytes,2GiB",
        "backlog.bytes,1e99",
        "backlog.ephemeral,keep",
        "compression.enabled,maybe",
        "limits.message-bytes,65MiB",
        "limits.messages-burst,0",
        "limits.connections,-1",
        "memory-log.bytes,1",
        "idempotency.window,10ms",
        "idempotency.window,9999999999999d",
        "redis.mode,ring",
        "postgres.durability,hope",
        "postgres.retention-messages,lobby",
        "postgres.retention-messages,lobby=0",
        "postgres.uri,mysql://host/db"
    })
    void whatIsOutOfBoundsNamesItsKey(String key, String value) {
        assertThat(refusal(flag(key, value)))
                .hasMessageStartingWith(key + ": expected ")
                .hasMessageContaining("found \"" + value + "\"");
    }

    @ParameterizedTest
    @CsvSource({
        "heartbeat.timeout,heartbeat.interval,25s,25s",
        "drain.timeout,drain.spread,20s,21s",
        "drain.timeout,drain.grace,20s,16s",
        "presence.timeout,presence.heartbeat,10s,6s",
        "redis-log.ttl,idempotency.window,4m,5m",
        "postgres.retention-age,idempotency.window,4m,5m"
    })
    void valuesThatDoNotGoTogetherNameBoth(String key, String other, String value, String otherValue) {
        Settings settings = Settings.load(null, Map.of(), Map.of(key, value, other, otherValue));

        assertThat(refusal(settings))
                .hasMessageStartingWith(key + ": expected ")
                .hasMessageContaining(other)
                .hasMessageContaining("found \"" + value + "\"");
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1", "127.1.2.3", "::1", "localhost", "''", "no.such.host.invalid"})
    void whatOnlyThisMachineReachesNeedsNoAuthentication(String host) {
        assertThat(Config.of(flag("host", host)).host()).isEqualTo(host);
    }

    @Test
    void whereTokensAreAskedForOthersMayReachIt() {
        Settings settings = Settings.load(null, Map.of("ROOMWIRE_AUTH_JWT_SECRET", STRONG), Map.of("host", "0.0.0.0"));

        assertThat(Config.of(settings).auth().isOpen()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"0.0.0.0", "::", "192.0.2.1", "::ffff:10.0.0.1"})
    void whatOthersReachNeedsItOrAPlainWord(String host) {
        assertThat(refusal(flag("host", host)))
                .hasMessageStartingWith("host: expected a loopback address")
                .hasMessageContaining("--insecure")
                .hasMessageContaining(host);

        Settings meant = Settings.load(null, Map.of(), Map.of("host", host, "insecure", "true"));
        assertThat(Config.of(meant).host()).isEqualTo(host);
    }

    @Test
    void aKeyThatDoesNotExistIsRefusedInAFileWithItsLine() throws IOException {
        assertThat(unreadable(file("port = 1", "limits.connection = 5")))
                .hasMessageStartingWith("limits.connection: no such key")
                .hasMessageContaining("roomwire.conf: 2");
    }

    @Test
    void aGroupThatIsGivenAValueIsRefused() throws IOException {
        assertThat(unreadable(file("limits = 5"))).hasMessageStartingWith("limits: no such key");
    }

    @Test
    void aKeyThatDoesNotExistIsRefusedAsAFlag() {
        assertThat(refusal(flag("prot", "1"))).hasMessage("prot: no such key (from flag)");
    }

    @Test
    void aVariableThatDoesNotExistIsAWarningSinceOthersMayUseIt() {
        Settings settings = Settings.load(
                null, Map.of("ROOMWIRE_LIMITS_CONNECTION", "5", "PATH", "/bin", "ROOMWIRE_PORT", "1"), Map.of());

        assertThat(settings.warnings()).singleElement().asString().contains("ROOMWIRE_LIMITS_CONNECTION");
        assertThat(settings.get(Keys.PORT)).isEqualTo(1);
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        assertThat(unreadable(directory.resolve("none.conf"))).hasMessageContaining("none.conf");
    }

    @Test
    void aFileThatCannotBeParsedIsNamedWithTheLine() throws IOException {
        assertThat(unreadable(file("port = 1", "limits {")))
                .hasMessageStartingWith("config: ")
                .hasMessageContaining("roomwire.conf: ");
    }

    @Test
    void unitsAreRead() {
        Settings settings = Settings.load(
                null,
                Map.of("ROOMWIRE_LIMITS_MESSAGE_BYTES", "128KiB", "ROOMWIRE_DRAIN_SPREAD", "1500ms"),
                Map.of("idempotency.window", "2m", "backlog.bytes", "2000"));

        assertThat(settings.get(Keys.LIMITS_MESSAGE_BYTES)).isEqualTo(131072L);
        assertThat(settings.get(Keys.DRAIN_SPREAD)).isEqualTo(1500L);
        assertThat(settings.get(Keys.IDEMPOTENCY_WINDOW)).isEqualTo(120_000L);
        assertThat(settings.get(Keys.BACKLOG_BYTES)).isEqualTo(2000L);
    }

    @Test
    void choicesAreReadInAnyCase() {
        assertThat(flag("transport", "NIO").get(Keys.TRANSPORT)).isEqualTo(Config.Transport.NIO);
        assertThat(flag("transport", "nio").get(Keys.TRANSPORT)).isEqualTo(Config.Transport.NIO);
    }

    @Test
    void aListIsAListInAFileAndHasCommasElsewhere() throws IOException {
        assertThat(Settings.load(file("rooms.ephemeral = [\"a:\", \"b,c:\"]"), Map.of(), Map.of())
                        .get(Keys.ROOMS_EPHEMERAL))
                .containsExactly("a:", "b,c:");
        assertThat(flag("rooms.ephemeral", " a: , b:").get(Keys.ROOMS_EPHEMERAL))
                .containsExactly("a:", "b:");
        assertThat(flag("rooms.ephemeral", "").get(Keys.ROOMS_EPHEMERAL)).isEmpty();
    }

    /** As a prefix, an empty text would make every room ephemeral. */
    @ParameterizedTest
    @ValueSource(strings = {"a:,", ",a:", "a:,,b:", ","})
    void anEmptyTextInAListIsRefused(String texts) {
        assertThat(refusal(flag("rooms.ephemeral", texts)))
                .hasMessageStartingWith("rooms.ephemeral: expected ")
                .hasMessageContaining("none of them empty")
                .hasMessageContaining("found \"" + texts + "\"");
    }

    @Test
    void anEmptyTextInAListOfAFileIsRefused() throws IOException {
        assertThat(refusal(Settings.load(file("rooms.ephemeral = [\"a:\", \"\"]"), Map.of(), Map.of())))
                .hasMessageStartingWith("rooms.ephemeral: expected ");
    }

    @Test
    void nullInAFileIsRefusedWithItsLine() throws IOException {
        assertThat(unreadable(file("port = 1", "host = null")))
                .hasMessageStartingWith("host: expected text, found null (from ")
                .hasMessageContaining("roomwire.conf: 2");
        assertThat(unreadable(file("limits = null"))).hasMessageStartingWith("limits: no such key");
        assertThat(unreadable(file("limits { connection = null }")))
                .hasMessageStartingWith("limits.connection: no such key");
    }

    /** Given without a folder, its name is all that tells where a value came from. */
    @Test
    void aFileWhoseNameBeginsLikeTheDefaultIsStillShown() throws IOException {
        Path file = Path.of("default-of-settings-test.conf");
        try {
            Files.write(file, List.of("port = 1", "threads = no"));
            Settings settings = Settings.load(file, Map.of(), Map.of());

            assertThat(settings.origin(Keys.PORT)).isEqualTo("default-of-settings-test.conf: 1");
            assertThat(settings.origin(Keys.OPS_PORT)).isEqualTo("default");
            assertThat(refusal(settings)).hasMessageContaining("default-of-settings-test.conf: 2");
        } finally {
            Files.deleteIfExists(file);
        }
    }

    @Test
    void zeroSwitchesTheLimitOfAMessageOff() {
        assertThat(Config.of(flag("limits.message-bytes", "0")).limits().messageBytes())
                .isEqualTo(1 << 30);
    }

    @Test
    void aNodeWithoutANameGetsOneOfItsOwn() {
        Settings settings = Settings.load(null, Map.of(), Map.of());

        assertThat(Config.of(settings).nodeId())
                .startsWith("n-")
                .isNotEqualTo(Config.of(settings).nodeId());
        assertThat(Config.of(flag("node-id", "blue")).nodeId()).isEqualTo("blue");
    }

    @Test
    void secretsAreNotShown() {
        Settings settings = Settings.load(
                null,
                Map.of("ROOMWIRE_POSTGRES_PASSWORD", "hush", "ROOMWIRE_AUTH_JWT_SECRET", "hush"),
                Map.of("redis.uri", "redis://user:hush@host", "postgres.uri", "x:hush@host"));

        assertThat(settings.shown(Keys.AUTH_JWT_SECRET)).isEqualTo("***");
        assertThat(refusalOfAll(settings))
                .hasMessageStartingWith("auth.jwt.secret: ")
                .hasMessageContaining("\npostgres.uri: ")
                .hasMessageNotContaining("hush");
        assertThat(settings.shown(Keys.REDIS_URI)).doesNotContain("hush").contains("host");
        assertThat(settings.shown(Keys.POSTGRES_PASSWORD)).doesNotContain("hush");
        assertThat(Config.of(flag("redis.uri", "redis://user:hush@host")).toString())
                .doesNotContain("hush");
        assertThat(refusal(flag("postgres.uri", "mysql://user:hush@host/db"))).hasMessageNotContaining("hush");
    }

    /** They are cut where the sign stands, and what is behind it would be taken for a path, and shown. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgres://me:hu/hush@host/db",
                "postgres://me:12/hush@host/db",
                "postgres://me:hu#hush@host/db",
                "postgres://me:hu?hush@host/db",
                "postgres://me:hu hush@host/db",
                "postgres://a:hush@one/db,postgres://me:hu/hush==@host/db",
                "me:hush@host/db",
                "jdbc:postgresql://me:hush@host/db",
                "jdbc:postgresql://me:12/hush@host/db"
            })
    void aPasswordThatIsNotEncodedIsRefusedAndNotShown(String uri) {
        assertThat(refusal(flag("postgres.uri", uri)))
                .hasMessageStartingWith("postgres.uri: ")
                .hasMessageContaining("%2F")
                .hasMessageNotContaining("hu/")
                .hasMessageNotContaining("hush");
    }

    @Test
    void noTwoKeysShareAVariable() {
        assertThat(Keys.all().stream().flatMap(key -> Stream.of(key.variable(), key.fileVariable())))
                .doesNotHaveDuplicates();
    }

    @Test
    void aSecretIsRefusedOnTheCommandLine() {
        assertThat(refusal(flag("auth.jwt.secret", STRONG)))
                .hasMessageStartingWith("auth.jwt.secret: expected ROOMWIRE_AUTH_JWT_SECRET")
                .hasMessageContaining("ROOMWIRE_AUTH_JWT_SECRET_FILE")
                .hasMessageNotContaining(STRONG);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\n\n"})
    void lineEndsBehindAValueAreLeftOut(String end) throws IOException {
        String uri = "redis://redis:6379";
        Path mounted = Files.writeString(directory.resolve("uri"), uri + end);
        List<Settings> sources = List.of(
                Settings.load(null, Map.of("ROOMWIRE_REDIS_URI", uri + end, "ROOMWIRE_PORT", "8099" + end), Map.of()),
                Settings.load(
                        null, Map.of("ROOMWIRE_REDIS_URI_FILE", mounted.toString()), Map.of("port", "8099" + end)));

        assertThat(sources).allSatisfy(settings -> {
            assertThat(Config.of(settings).redis().uri()).isEqualTo(uri);
            assertThat(Config.of(settings).port()).isEqualTo(8099);
        });
    }

    @Test
    void anyValueMayComeFromAFileThatAVariableNames() throws IOException {
        Path secret = Files.writeString(directory.resolve("secret"), STRONG + "\n");
        Settings settings = Settings.load(null, Map.of("ROOMWIRE_AUTH_JWT_SECRET_FILE", secret.toString()), Map.of());

        assertThat(Config.of(settings).auth().secret()).isEqualTo(new Secret(STRONG));
        assertThat(settings.origin(Keys.AUTH_JWT_SECRET)).contains("ROOMWIRE_AUTH_JWT_SECRET_FILE", secret.toString());
        assertThat(settings.shown(Keys.AUTH_JWT_SECRET)).isEqualTo("***");
        assertThat(settings.warnings()).isEmpty();
    }

    @Test
    void aFileThatCannotBeReadAndASecondWayAreRefused() {
        ConfigException none =
                refusal(Settings.load(null, Map.of("ROOMWIRE_AUTH_JWT_SECRET_FILE", "/no/such/file"), Map.of()));
        ConfigException both =
                refusal(Settings.load(null, Map.of("ROOMWIRE_PORT", "1", "ROOMWIRE_PORT_FILE", "/port"), Map.of()));

        assertThat(none).hasMessageStartingWith("auth.jwt.secret: ").hasMessageContaining("/no/such/file");
        assertThat(both).hasMessageStartingWith("port: ").hasMessageContaining("ROOMWIRE_PORT_FILE");
    }

    private static void assertIsRefused(String key, String value, String expected) {
        assertThat(refusal(flag(key, value))).hasMessageStartingWith(key + ": expected " + expected);
    }

    @Test
    void aFileOfCertificatesWithoutOneIsRefusedByItsKey() throws IOException {
        assertIsRefused("redis.ca-file", file("no certificate").toString(), "a file of certificates");
        assertIsRefused("redis.ca-file", file().toString(), "a file of certificates");
        Path broken = file("-----BEGIN CERTIFICATE-----", "AAAA", "-----END CERTIFICATE-----");
        assertIsRefused("redis.ca-file", broken.toString(), "a file of certificates");
    }

    @Test
    void aNodeIdThatDoesNotFitIntoAMessageIsRefusedByItsKey() {
        assertIsRefused("node-id", "ä".repeat(128), "at most 255 bytes");
    }

    /** As Kubernetes sets them in every container beside a Service of that name. */
    private static Map<String, String> serviceLinks(String service) {
        return Map.of(
                service + "_SERVICE_HOST", "10.0.0.7",
                service + "_SERVICE_PORT", "8080",
                service + "_SERVICE_PORT_CLIENTS", "8080",
                service + "_PORT", "tcp://10.0.0.7:8080",
                service + "_PORT_8080_TCP", "tcp://10.0.0.7:8080",
                service + "_PORT_8080_TCP_ADDR", "10.0.0.7");
    }

    @ParameterizedTest
    @CsvSource({"ROOMWIRE,ROOMWIRE_PORT", "ROOMWIRE_OPS,ROOMWIRE_OPS_PORT"})
    void whatKubernetesSaysOfAServiceIsPassedOverWithOneLine(String service, String variable) {
        Settings settings = Settings.load(null, serviceLinks(service), Map.of());

        assertThat(Config.of(settings).port()).isEqualTo(8080);
        assertThat(Config.of(settings).opsPort()).isEqualTo(8081);
        assertThat(settings.warnings()).singleElement().asString().contains(variable + "=tcp://10.0.0.7:8080");
    }

    @Test
    void aVariableThatOnlyLooksLikeOneOfAServiceIsStillToldOf() {
        assertThat(Settings.load(null, Map.of("ROOMWIRE_PORT_8080_TCP", "x", "ROOMWIRE_SERVICE_HOST", "y"), Map.of())
                        .warnings())
                .hasSize(2);
    }

    @Test
    void allFaultsAreToldAtOnceEachOnce() throws IOException {
        Settings settings = Settings.load(
                file("prot = 1", "limits.connections = many", "heartbeat.interval = soon"),
                Map.of("ROOMWIRE_THREADS", "-1"),
                Map.of("ops-port", "8080", "no-such", "1", "redis.uri", "http://127.0.0.1"));

        assertThat(refusalOfAll(settings).getMessage().lines().map(line -> line.substring(0, line.indexOf(':'))))
                .containsExactlyInAnyOrder(
                        "prot",
                        "no-such",
                        "limits.connections",
                        "heartbeat.interval",
                        "threads",
                        "ops-port",
                        "redis.uri");
    }

    @Test
    void onePortForClientsAndOperationsIsRefused() {
        assertIsRefused("ops-port", "8080", "another port than that of clients");
        assertThat(refusal(Settings.load(null, Map.of(), Map.of("ops-port", "8080", "ops-host", "0.0.0.0"))))
                .hasMessageStartingWith("ops-port: ");
        Map<String, String> apart = Map.of("ops-port", "8080", "ops-host", "127.0.0.2");
        assertThat(Config.of(Settings.load(null, Map.of(), apart)).opsPort()).isEqualTo(8080);
        Map<String, String> anyFree = Map.of("ops-port", "0", "port", "0");
        assertThat(Config.of(Settings.load(null, Map.of(), anyFree)).opsPort()).isZero();
    }

    @Test
    void aRoomIsNotForgottenBeforeItsMessagesMayNoLongerBeSentAgain() {
        assertIsRefused("memory-log.ttl", "4m", "at least idempotency.window");
        assertIsRefused("redis-log.ttl", "4m", "at least idempotency.window");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://127.0.0.1:6379", "127.0.0.1:6379", "postgres://host"})
    void aUriOfSomethingElseThanRedisIsRefused(String uri) {
        assertIsRefused("redis.uri", uri, "redis:// or rediss://");
    }

    @Test
    void aFolderIsNoFile() {
        assertThat(unreadable(directory)).hasMessageStartingWith("config: cannot read file ");
        assertIsRefused("redis.ca-file", directory.toString(), "a file of certificates");
        Map<String, String> folders = Map.of("tls.certificate", directory.toString(), "tls.key", directory.toString());
        assertThat(refusal(Settings.load(null, Map.of(), folders))).hasMessageStartingWith("tls.certificate: ");
        assertThat(refusal(Settings.load(null, Map.of("ROOMWIRE_PORT_FILE", directory.toString()), Map.of())))
                .hasMessageStartingWith("port: expected a file");
    }
}
