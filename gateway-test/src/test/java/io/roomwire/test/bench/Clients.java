package io.roomwire.test.bench;

import io.roomwire.test.bench.CrowdClient.Heard;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** Some client processes, which are one audience over several nodes. For one thread. */
final class Clients implements AutoCloseable {
    private final List<ClientProcess> processes = new ArrayList<>();

    private Clients() {}

    static Clients start(int count) throws IOException {
        Clients clients = new Clients();
        try {
            for (int i = 0; i < count; i++) {
                clients.processes.add(ClientProcess.start(i));
            }
            return clients;
        } catch (IOException e) {
            clients.close();
            throw e;
        }
    }

    /**
     * All members of a room, when all have joined.
     *
     * @param spread over as many processes as were started, and over the nodes
     * @throws IllegalStateException if a process failed or has ended, as in the other methods
     */
    void join(String room, List<URI> nodes, Spread spread) {
        List<ClientProcess> told = new ArrayList<>();
        for (int i = 0; i < processes.size(); i++) {
            for (Spread.Share share : spread.of(i)) {
                String prefix = room + "-" + i + "-" + share.node();
                processes.get(i).tell(CrowdClient.join(nodes.get(share.node()), room, prefix, share.connections()));
                told.add(processes.get(i));
            }
        }
        told.forEach(ClientProcess::answer);
    }

    /** What all have heard since the last time, when a message has come to each of them, or a minute has passed. */
    Heard collect(Spread spread) {
        for (int i = 0; i < processes.size(); i++) {
            processes.get(i).tell(CrowdClient.collect(spread.ofClient(i)));
        }
        return processes.stream()
                .map(process -> Heard.of(process.answer()))
                .reduce(Heard::and)
                .orElseThrow();
    }

    /** All connections end. */
    void leave() {
        processes.forEach(process -> process.tell(CrowdClient.LEAVE));
        processes.forEach(ClientProcess::answer);
    }

    @Override
    public void close() {
        processes.forEach(ClientProcess::close);
    }
}
