package io.roomwire.test.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The packaged jar: what a user runs, so what the tests run. Any thread may call. */
public final class Jar {
    /** What this test runs on, and so the nodes. */
    static final Path RUNTIME = Path.of(System.getProperty("java.home"));

    private static final int RUN_TIMEOUT_S = 30;

    private Jar() {}

    /** What a finished run left behind. */
    public record Result(int exitCode, String out, String err) {
        public List<String> errLines() {
            return err.lines().toList();
        }
    }

    /** Runs it to its end with these arguments and these environment variables. */
    public static Result run(Map<String, String> environment, String... arguments) {
        return run(RUNTIME, environment, arguments);
    }

    /** As {@link #run(Map, String...)}, on another Java runtime. */
    public static Result run(Path runtime, Map<String, String> environment, String... arguments) {
        ProcessBuilder builder = builder(runtime, List.of("-XX:TieredStopAtLevel=1"), Arrays.asList(arguments));
        builder.environment().putAll(environment);
        return run(builder);
    }

    /** As an image runs it, without the flags of the tests: this command gets the command line of the jar behind it. */
    public static Result runBy(List<String> command) {
        ProcessBuilder builder = builder(RUNTIME, List.of(), List.of());
        List<String> whole = new ArrayList<>(command);
        whole.addAll(List.of(RUNTIME.resolve("bin/java").toString(), "-jar", path().toString()));
        return run(builder.command(whole));
    }

    private static Result run(ProcessBuilder builder) {
        try {
            Process process = builder.start();
            try {
                CompletableFuture<String> out = drain(process.getInputStream());
                CompletableFuture<String> err = drain(process.getErrorStream());
                process.getOutputStream().close();
                if (!process.waitFor(RUN_TIMEOUT_S, TimeUnit.SECONDS)) {
                    throw new AssertionError("still running after " + RUN_TIMEOUT_S + " s: " + builder.command());
                }
                return new Result(process.exitValue(), out.join(), err.join());
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while running " + builder.command(), e);
        }
    }

    /** What Netty needs so that it does not leave direct memory by Unsafe for a slower way, as the launcher has it. */
    public static List<String> forNetty() {
        return Runtime.version().feature() >= 24 ? List.of("--sun-misc-unsafe-memory-access=allow") : List.of();
    }

    static ProcessBuilder builder(Path runtime, List<String> jvmFlags, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(runtime.resolve("bin/java").toString());
        // The node asserts which thread it is on; a run without that would hide a race until it hurts.
        command.add("-ea");
        command.addAll(jvmFlags);
        command.add("-Dfile.encoding=UTF-8");
        command.addAll(forNetty());
        command.add("-jar");
        command.add(path().toString());
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        // What this machine has set must not decide a test; the JVM also says a line about the last two.
        builder.environment()
                .keySet()
                .removeIf(name -> name.startsWith("ROOMWIRE_")
                        || name.equals("JAVA_TOOL_OPTIONS")
                        || name.equals("JDK_JAVA_OPTIONS"));
        return builder;
    }

    private static Path path() {
        Path jar = Path.of(System.getProperty("roomwire.jar", "../node/target/roomwire.jar"));
        if (!Files.isRegularFile(jar)) {
            throw new IllegalStateException("no jar at " + jar.toAbsolutePath().normalize()
                    + ": build it first (mvn package), these tests run what is packaged");
        }
        if (System.getProperty("roomwire.jar") == null) { // Maven has just built the one that it names; an IDE has not
            mustBeOfTheseSources(jar);
        }
        return jar;
    }

    private static void mustBeOfTheseSources(Path jar) {
        try (Stream<Path> sources = Files.walk(Path.of("../node/src/main"))) {
            long builtMs = Files.getLastModifiedTime(jar).toMillis();
            for (Path source : sources.toList()) {
                if (Files.getLastModifiedTime(source).toMillis() > builtMs) {
                    throw new IllegalStateException(
                            jar + " is older than " + source + ": build it again (mvn package -DskipTests)");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static CompletableFuture<String> drain(InputStream stream) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
