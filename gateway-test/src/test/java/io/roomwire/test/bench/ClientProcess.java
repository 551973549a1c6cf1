package io.roomwire.test.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/** A {@link CrowdClient} in a process of its own. For one thread, which asks for the answer to each order. */
final class ClientProcess implements AutoCloseable {
    /** Some 2 KB of heap a connection, and the JVM's own. */
    private static final String HEAP = "-Xmx256m";

    private static final int SAID_LINES = 20;
    private static final int END_S = 10;

    private final int number;
    private final Process process;
    private final BufferedReader out;
    private final BufferedWriter in;
    private final Queue<String> said = new ArrayDeque<>();

    private ClientProcess(int number, Process process) {
        this.number = number;
        this.process = process;
        out = process.inputReader(StandardCharsets.UTF_8);
        in = process.outputWriter(StandardCharsets.UTF_8);
    }

    /** @param number by which an error names it */
    static ClientProcess start(int number) throws IOException {
        List<String> flags = List.of(
                HEAP,
                "-XX:+ExitOnOutOfMemoryError", // one that lives on answers nothing
                "-XX:+UseSerialGC", // it has one loop, and the cores are the nodes'
                "-D" + Stamp.BASE_PROPERTY + "=" + Stamp.baseNs());
        Process process = JavaProcess.of(CrowdClient.class, flags)
                .redirectErrorStream(true)
                .start();
        return new ClientProcess(number, process);
    }

    /** An order of {@link CrowdClient}. It is carried out behind those before it. */
    void tell(String order) {
        try {
            in.write(order);
            in.newLine();
            in.flush();
        } catch (IOException e) {
            said.add("(it took no order: " + e.getMessage() + ")"); // the answer will not come, and then this is shown
        }
    }

    /**
     * Waits for the answer to the first order that has none yet; a process gives up by itself after a minute or two.
     *
     * @throws IllegalStateException if it could not do that, or has ended
     */
    String answer() {
        try {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith(CrowdClient.ANSWER)) {
                    return wellOnly(line.substring(CrowdClient.ANSWER.length()));
                }
                said.add(line);
                if (said.size() > SAID_LINES) {
                    said.remove();
                }
            }
        } catch (IOException e) {
            said.add("(output broke off: " + e.getMessage() + ")");
        }
        String code = awaitExit() ? "with exit code " + process.exitValue() : "its output, but not itself";
        throw new IllegalStateException(name() + " ended " + code + ". It said:\n" + String.join("\n", said));
    }

    private String wellOnly(String answer) {
        if (answer.startsWith(CrowdClient.FAILED)) {
            throw new IllegalStateException(name() + " " + answer);
        }
        return answer;
    }

    private String name() {
        return "client process " + number + " (pid " + pid() + ")";
    }

    long pid() {
        return process.pid();
    }

    private boolean awaitExit() {
        try {
            return process.waitFor(END_S, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            // It is gone already.
        }
        if (!awaitExit()) {
            process.destroyForcibly();
        }
    }
}
