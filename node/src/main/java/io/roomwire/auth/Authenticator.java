package io.roomwire.auth;

import java.util.concurrent.CompletionStage;

/**
 * Says who a connection is. Any thread may call; no call blocks.
 */
public interface Authenticator extends AutoCloseable {
    /** What a client may do that has brought no token; {@link Grant#NONE} if it has to bring one. */
    Grant withoutToken();

    /**
     * Checks what a client brought.
     *
     * @return fails with {@link io.roomwire.protocol.RequestException}: {@code unauthorized} if the token is bad,
     *     {@code unavailable} if that cannot be said now; comes on the caller's thread or on another
     */
    CompletionStage<Grant> authenticate(String token);

    /** Ends what runs in the background. */
    @Override
    void close();
}
