package io.roomwire.hook;

import io.roomwire.auth.Authenticator;
import io.roomwire.auth.Grant;
import io.roomwire.config.Hook;
import io.roomwire.protocol.UserId;
import java.net.InetAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Asks the back end about each user whose token is good. Any thread may call. */
public final class AskingAuthenticator implements Authenticator {
    private final Authenticator tokens;
    private final BackEnd backEnd;

    public AskingAuthenticator(Authenticator tokens, BackEnd backEnd) {
        this.tokens = tokens;
        this.backEnd = backEnd;
    }

    @Override
    public Grant withoutToken() {
        return tokens.withoutToken();
    }

    @Override
    public CompletionStage<Grant> authenticate(String token, InetAddress from) {
        return tokens.authenticate(token, from).thenCompose(grant -> {
            UserId user = grant.user();
            return user == null
                    ? CompletableFuture.completedFuture(grant)
                    : backEnd.permit(new Question(Hook.Event.CONNECT, user, null, null))
                            .thenApply(done -> grant);
        });
    }

    @Override
    public @Nullable Grant known(String token) {
        return tokens.known(token);
    }

    @Override
    public void close() {
        tokens.close();
    }
}
