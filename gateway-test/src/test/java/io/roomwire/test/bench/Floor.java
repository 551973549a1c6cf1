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

    /** What the same load costs it. */
    Measurement measure(Load load, double rate) {
        return Measurement.of(
                Publisher.inRoom(clients, "", load),
                rate,
                load.seconds(),
                List.of(clients),
                Map.of(NAME, server.pid()));
    }

    /** CPU time of a delivery in µs. */
    double cpuUs(Measurement cost) {
        return cost.cpuUs(NAME, (double) cost.messages() * clients.size());
    }

    @Override
    public void close() {
        clients.close();
        server.close();
    }
}
