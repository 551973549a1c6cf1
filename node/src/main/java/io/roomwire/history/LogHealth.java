package io.roomwire.history;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whether the log can store now. Any thread may call; each change is told once. */
final class LogHealth {
    private static final String NOT_YET = "not connected yet";

    private final PostgresLog.Listener listener;
    private @Nullable String reason = NOT_YET; // guarded by this
    private final Set<Object> refused = new HashSet<>(); // writers; guarded by this

    LogHealth(PostgresLog.Listener listener) {
        this.listener = listener;
    }

    /** Why it cannot, or null if it can. */
    synchronized @Nullable String downReason() {
        return reason;
    }

    /** That writer can; if another one is refused, the log cannot. */
    synchronized void up(Object writer) {
        refused.remove(writer);
        if (reason != null && refused.isEmpty()) {
            reason = null;
            listener.onUp();
        }
    }

    /** A server that lives refuses what that writer appends, until {@link #up}. */
    synchronized void refused(Object writer, String why) {
        refused.add(writer);
        down(why);
    }

    synchronized void down(String why) {
        boolean wasUp = reason == null || reason.equals(NOT_YET);
        reason = why;
        if (wasUp) {
            listener.onDown(why);
        }
    }
}
