package io.roomwire.test.bench;

import java.util.ArrayList;
import java.util.List;

/** How connections are spread, evenly over client processes as over nodes. Each process serves as few nodes as can be. */
record Spread(int connections, int clients, int nodes) {
    /** So many connections of one process to one node. */
    record Share(int node, int connections) {}

    /** What a process connects; the numbers of both begin with 0. */
    List<Share> of(int client) {
        int from = first(client, clients);
        int to = first(client + 1, clients);
        List<Share> shares = new ArrayList<>();
        for (int node = 0; node < nodes; node++) {
            int common = Math.min(to, first(node + 1, nodes)) - Math.max(from, first(node, nodes));
            if (common > 0) {
                shares.add(new Share(node, common));
            }
        }
        return shares;
    }

    int ofClient(int client) {
        return first(client + 1, clients) - first(client, clients);
    }

    private int first(int part, int parts) {
        return (int) ((long) part * connections / parts);
    }

    /** How many connections a process has at most. */
    int mostOfClient() {
        return (connections + clients - 1) / clients;
    }

    /** How many connections a node has at most. */
    int mostOfNode() {
        return (connections + nodes - 1) / nodes;
    }
}
