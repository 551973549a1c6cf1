package io.roomwire.auth;

import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.net.InetAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Everybody may do everything and is who they say: for development, on loopback. */
public final class OpenAuthenticator implements Authenticator {
    private static final Grant ALL = new Grant() {
        @Override
        public @Nullable UserId user() {
            return null;
        }

        @Override
        public boolean allows(RoomId room, Right right) {
            return true;
        }
    };

    @Override
    public Grant withoutToken() {
        return ALL;
    }

    /** A client that has a token need not know that nobody asks for it here. */
    @Override
    public CompletionStage<Grant> authenticate(String token, InetAddress from) {
        return CompletableFuture.completedFuture(ALL);
    }

    @Override
    public void close() {}
}
