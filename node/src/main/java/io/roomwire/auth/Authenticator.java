package io.roomwire.auth;

import java.net.InetAddress;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Says who a connection is. Any thread may call; no call blocks.
 */
public interface Authenticator extends AutoCloseable {
    /** What a client may do that has brought no token; {@link Grant#NONE} if it has to bring one. */
    Grant withoutToken();

    /**
     * Checks what a client brought.
     *
     * @param from who waits for it: one client's checks do not delay those of another
     * @return fails with {@link io.roomwire.protocol.RequestException}: {@code unauthorized} if the token is bad,
     *     {@code unavailable} if that cannot be said now; comes on the caller's thread or on another
     */
    CompletionStage<Grant> authenticate(String token, InetAddress from);

    /** What a token grants that was found good a moment ago; null if only {@link #authenticate} can say. Costs little. */
    default @Nullable Grant known(String token) {
        return null;
    }

    /** Ends what runs in the background. */
    @Override
    void close();
}
