package io.roomwire.history;

import java.util.concurrent.CompletableFuture;

/** A draft on its way into the log. */
record Pending(Draft draft, CompletableFuture<Receipt> receipt, long sinceNs) {
    /** What it weighs in a group, beside the few words of its row. */
    int bytes() {
        return draft.message().content().length;
    }

    /** Whose failure this is, is not the sender's concern: it may send again. */
    void fail(LogUnavailableException why) {
        receipt.completeExceptionally(why);
    }
}
