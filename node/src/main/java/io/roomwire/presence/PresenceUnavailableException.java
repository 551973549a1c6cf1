package io.roomwire.presence;

/** Who is where cannot be told now, since Redis cannot be asked or has only what was before; safe to ask again. */
public final class PresenceUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message for the operator: it may name servers */
    PresenceUnavailableException(String message) {
        super(message);
    }
}
