package io.roomwire.auth;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Says who a connection is. Any thread may call; no call blocks.
 */
public interface Authenticator {
    /**
     * Checks what a client brought.
     *
     * @param token what the client brought, or null if it brought nothing
     * @return fails with {@link io.roomwire.protocol.RequestException} {@code unauthorized} if it may not connect
     */
    CompletionStage<Grant> authenticate(@Nullable String token);
}
