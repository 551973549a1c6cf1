package io.roomwire.test.operations;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When {@code deploy/roomwire} builds: in a folder of its own, with a Maven and a Java that only say that they were called. */
class LauncherTest {
    @TempDir
    private Path root;

    private Path source;

    @BeforeEach
    void aClone() throws IOException {
        source = write("node/src/main/java/Main.java", "first");
        write("node/src/main/java/Other.java", "other");
        write("node/pom.xml", "");
        write("pom.xml", "");
        program("deploy/roomwire", Files.readString(Path.of("../deploy/roomwire")));
        program(
                "bin/java",
                "#!/bin/sh\n[ \"$1\" = -version ] && echo 'openjdk version \"17.0.1\"' >&2 || echo started\n");
        program("bin/javac", "#!/bin/sh\n");
        program("bin/mvn", "#!/bin/sh\necho built\nmkdir -p node/target && touch node/target/roomwire.jar\n");
    }

    @Test
    void itBuildsWhatWasNeverBuiltAndThenNotAgain() throws Exception {
        assertThat(start()).containsExactly("built", "started");
        assertThat(start()).containsExactly("started");
    }

    @Test
    void anEditIsBuiltThoughItIsNotCommitted() throws Exception {
        start();
        Files.writeString(source, "second");
        assertThat(start()).containsExactly("built", "started");
        assertThat(start()).containsExactly("started");
    }

    @Test
    void olderSourcesAreBuiltWhateverTheirDates() throws Exception {
        start();
        Files.writeString(source, "of last year");
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().minus(Duration.ofDays(365))));
        assertThat(start()).containsExactly("built", "started");
    }

    @Test
    void aFileThatIsGoneIsAnEdit() throws Exception {
        start();
        Files.delete(root.resolve("node/src/main/java/Other.java"));
        assertThat(start()).containsExactly("built", "started");
    }

    @Test
    void aTouchIsNoEdit() throws Exception {
        start();
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(60)));
        assertThat(start()).containsExactly("started");
    }

    @Test
    void whatMavenBuiltByItselfIsTaken() throws Exception {
        Path jar = write("node/target/roomwire.jar", "");
        Files.setLastModifiedTime(jar, FileTime.from(Instant.now().plusSeconds(60)));
        assertThat(start()).containsExactly("started");
    }

    private Path write(String name, String text) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private void program(String name, String text) throws IOException {
        assertThat(write(name, text).toFile().setExecutable(true)).isTrue();
    }

    /** The lines that Maven and Java say, in their order. */
    private List<String> start() throws Exception {
        ProcessBuilder launcher =
                new ProcessBuilder(root.resolve("deploy/roomwire").toString()).redirectErrorStream(true);
        launcher.environment().remove("JAVA_HOME");
        launcher.environment().put("PATH", root.resolve("bin") + ":" + System.getenv("PATH"));
        Process process = launcher.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said.lines().filter(line -> !line.startsWith("roomwire:")).toList();
    }
}
