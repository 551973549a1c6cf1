package io.roomwire.hook;

/**
 * How often a call may be tried again: once for each ten calls, and ten times beyond that. So a back end that fails does
 * not get twice the load. Any thread may call.
 */
final class RetryBudget {
    /** In tenths of a retry. */
    private static final int CALL = 1;

    private static final int RETRY = 10;
    private static final int MOST = 10 * RETRY;

    private int left = MOST;

    synchronized void called() {
        left = Math.min(MOST, left + CALL);
    }

    /** Whether one more try may be made; counts it. */
    synchronized boolean take() {
        if (left < RETRY) {
            return false;
        }
        left -= RETRY;
        return true;
    }
}
