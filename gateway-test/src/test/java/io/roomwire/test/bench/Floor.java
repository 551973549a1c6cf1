package io.roomwire.test.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The floor with its clients: a server of one write a recipient, which costs what the kernel costs. */
record Floor(FloorServer server, Audience clients) implements AutoCloseable {
    private static final String NAME = "floor";

    static Floor start(Path program, int members) throws IOException, InterruptedException {
        FloorServer server = FloorServer.start(program);
        return new Floor(server, Audience.of(server.address(), members));
    }

    /** CPU time of a delivery in µs. */
    double cpuUs(int size, double rate, double seconds) {
        Publisher publisher = Publisher.plain(clients.speaker(), size);
        Measurement cost = Measurement.of(publisher, rate, seconds, List.of(clients), Map.of(NAME, server.pid()));
        return cost.cpuUs(NAME, (double) cost.messages() * clients.size());
    }

    @Override
    public void close() {
        clients.close();
        server.close();
    }
}
