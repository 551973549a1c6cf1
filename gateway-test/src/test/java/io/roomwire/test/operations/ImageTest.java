package io.roomwire.test.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.cluster.Jar;
import io.roomwire.test.cluster.TestCluster;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The image's Java runtime, made here as the Dockerfile makes it: no engine is needed to see whether a module is missing. */
class ImageTest {
    @TempDir
    private Path folder;

    @Test
    void theRuntimeOfTheImageRunsANodeAndItsHealthCheck() throws Exception {
        Path runtime = folder.resolve("jre");
        String modules = Deployment.find(Deployment.DOCKERFILE, "jlink --add-modules (\\S+)")
                .group(1);
        Process jlink = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jlink").toString(),
                        "--add-modules",
                        modules,
                        "--output",
                        runtime.toString())
                .inheritIO()
                .start();
        assertThat(jlink.waitFor()).isZero();
        try (TestCluster cluster = TestCluster.aCluster().runtime(runtime).start()) {
            Jar.Result health = Jar.run(
                    runtime,
                    Map.of(),
                    "health",
                    "--ops-port",
                    "" + cluster.node().ops().getPort());
            assertThat(health.err()).isEmpty();
            assertThat(health.exitCode()).isZero();
        }
    }
}
