package io.roomwire.presence;

/** Another process lives under this node's id. */
public final class NodeIdTakenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public NodeIdTakenException(String nodeId) {
        super("another node with the id " + nodeId + " is running; each node needs its own");
    }
}
