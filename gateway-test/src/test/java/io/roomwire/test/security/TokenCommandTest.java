package io.roomwire.test.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.Jar;
import io.roomwire.test.cluster.Jar.Result;
import io.roomwire.test.cluster.TestCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenCommandTest {
    @AutoClose
    private static final TestCluster CLUSTER = Token.asked().start();

    private static Result run(String... arguments) {
        return Jar.run(Map.of("ROOMWIRE_AUTH_JWT_SECRET", Token.SECRET), arguments);
    }

    @Test
    void aTokenForDevelopmentOpensTheRoomsThatItNames() {
        Result made = run(
                "token",
                "--user",
                "alice",
                "--room",
                "team-*",
                "--room",
                "lobby",
                "--can",
                "join,write",
                "--direct",
                "help-*",
                "--for",
                "1h");
        assertThat(made.err()).isEmpty();
        assertThat(made.exitCode()).isZero();

        TestClient alice = Token.bring(CLUSTER.node(), made.out().strip()).connect();

        assertThat(alice.join("team-7").get("user_id")).isEqualTo("alice");
        alice.join("lobby");
        alice.broadcast("lobby", "hello");
        alice.next("broadcast");
        Frame refused = alice.ask("history", "room_id", "lobby");
        assertThat(refused.get("code")).isEqualTo("forbidden");
        assertThat(alice.ask("join", "room_id", "elsewhere").get("code")).isEqualTo("forbidden");
        assertThat(alice.direct("help-7", "hello")).isPositive();
        assertThat(alice.ask("direct", "user_id", "bob", "content", "hello").get("code"))
                .isEqualTo("forbidden");
    }

    @Test
    void withoutASecretThereIsNothingToSignWith() {
        Result none = Jar.run(Map.of(), "token", "--user", "alice");
        assertThat(none.exitCode()).isEqualTo(2);
        assertThat(none.err()).startsWith("roomwire: auth.jwt.secret: ").contains("ROOMWIRE_AUTH_JWT_SECRET");
    }

    @Test
    void whatCannotBeUsedIsNamed() {
        assertComplaint(run("token", "--user", "alice", "--can", "fly"), "--can");
        assertComplaint(run("token", "--user", "alice", "--for", "soon"), "--for");
        assertComplaint(run("token", "--user", ""), "--user");
    }

    private static void assertComplaint(Result result, String flag) {
        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.errLines()).hasSize(1);
        assertThat(result.err()).startsWith("roomwire: " + flag);
    }

    /** Secrets come from the environment or a file, are never shown, and weak ones are refused. */
    @Test
    void secretsAreReadFromAFileAndNotShown(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("secret"), Token.SECRET + "\n");
        Result shown = Jar.run(Map.of("ROOMWIRE_AUTH_JWT_SECRET_FILE", file.toString()), "config");
        assertThat(shown.out())
                .contains("auth.jwt.secret", "***", file.toString())
                .doesNotContain(Token.SECRET);
        Result weak = Jar.run(Map.of("ROOMWIRE_AUTH_JWT_SECRET", "hush"), "serve");
        assertComplaint(weak, "auth.jwt.secret");
        assertThat(weak.err()).doesNotContain("hush");
        Result flag = Jar.run(Map.of(), "serve", "--set", "auth.jwt.secret=" + Token.SECRET);
        assertComplaint(flag, "auth.jwt.secret");
        assertThat(flag.err()).doesNotContain(Token.SECRET);
    }
}
