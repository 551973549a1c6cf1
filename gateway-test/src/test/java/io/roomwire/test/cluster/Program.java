package io.roomwire.test.cluster;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Programs of this machine, which may or may not be there. Any thread may call. */
public final class Program {
    /** Debian keeps servers there, and leaves it out of a user's PATH. */
    private static final String SERVERS = "/usr/sbin";

    private Program() {}

    /** Where a program is: by PATH, else where servers are kept. */
    public static Optional<Path> find(String name) {
        List<String> folders =
                new ArrayList<>(List.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)));
        folders.add(SERVERS);
        return folders.stream()
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
