package io.roomwire.history;

import org.jspecify.annotations.Nullable;

/** Whether the log can store now. Any thread may call; each change is told once. */
final class LogHealth {
    private static final String NOT_YET = "not connected yet";

    private final PostgresLog.Listener listener;
    private @Nullable String reason = NOT_YET; // guarded by this

    LogHealth(PostgresLog.Listener listener) {
        this.listener = listener;
    }

    /** Why it cannot, or null if it can. */
    synchronized @Nullable String downReason() {
        return reason;
    }

    synchronized void up() {
        if (reason != null) {
            reason = null;
            listener.onUp();
        }
    }

    synchronized void down(String why) {
        boolean wasUp = reason == null || reason.equals(NOT_YET);
        reason = why;
        if (wasUp) {
            listener.onDown(why);
        }
    }
}
