package io.roomwire.orders;

import io.roomwire.auth.Revocations;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.RequestException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The orders of one node alone. What is revoked is forgotten when it ends. */
public final class LocalOrders implements Orders {
    private static final CompletionStage<Void> DONE = CompletableFuture.completedFuture(null);

    private final Revocations revocations;
    private volatile @Nullable Receiver receiver;

    public LocalOrders(Revocations revocations) {
        this.revocations = revocations;
    }

    /** What is said where no more can be revoked. */
    static RequestException full() {
        return new RequestException(
                ErrorCode.LIMIT_EXCEEDED,
                "the tokens of " + Revocations.MAX
                        + " users are revoked already: to revoke everybody's, replace the key" + " that signs them");
    }

    @Override
    public CompletionStage<Void> start(Receiver receiver) {
        this.receiver = receiver;
        return DONE;
    }

    @Override
    public CompletionStage<Void> give(Order order) {
        if (order instanceof Order.Revoke revoke) {
            revocations.prune();
            if (revocations.count() >= Revocations.MAX) {
                return CompletableFuture.failedFuture(full());
            }
            revocations.add(revoke.user(), revoke.issuedBeforeS());
        }
        Receiver to = receiver;
        if (to != null) {
            order.to(to);
        }
        return DONE;
    }

    @Override
    public boolean reachAllNodes() {
        return false;
    }

    @Override
    public void close() {
        // holds nothing
    }
}
