package io.roomwire.history;

import java.util.concurrent.CompletableFuture;

/** A draft on its way into the log. */
record Pending(Draft draft, CompletableFuture<Receipt> receipt, long sinceNs) {
    /** What it weighs in a group, beside the few words of its row. */
    int bytes() {
        return draft.message().content().length;
    }

    /** Every sender of a group gets the same error, whichever message caused it: each may send its message again. */
    void fail(LogUnavailableException why) {
        receipt.completeExceptionally(why);
    }
}
