package io.roomwire.test.bench;

import io.roomwire.test.cluster.Jar;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A class of the benchmark's in a process of its own, on the same Java. */
final class JavaProcess {
    private JavaProcess() {}

    static ProcessBuilder of(Class<?> main, List<String> jvmFlags, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmFlags);
        command.addAll(Jar.forNetty());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command);
    }
}
