package io.roomwire.relay;

/** The peers cannot be reached now. */
public final class RelayUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RelayUnavailableException(String message) {
        super(message);
    }
}
