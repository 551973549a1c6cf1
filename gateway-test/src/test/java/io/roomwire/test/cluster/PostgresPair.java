package io.roomwire.test.cluster;

/**
 * A PostgreSQL and its synchronous standby, of the binaries that the build brings. The primary can be killed and paused, and
 * comes back as the primary, or beside the standby, which was promoted meanwhile. For one test thread at a time.
 */
public final class PostgresPair implements AutoCloseable {
    private final String uri;
    private MortalPostgres primary;
    private MortalPostgres other;
    private boolean followed;

    private PostgresPair(MortalPostgres primary, MortalPostgres other) {
        this.primary = primary;
        this.other = other;
        uri = "postgres://postgres@127.0.0.1:" + primary.port() + ",127.0.0.1:" + other.port() + "/postgres";
    }

    public static PostgresPair start() {
        MortalPostgres primary = MortalPostgres.start();
        PostgresPair pair = new PostgresPair(primary, primary.standby());
        pair.waitForStandby();
        return pair;
    }

    private void waitForStandby() {
        primary.waitForStandby();
        followed = true;
    }

    /** Names both, the one that was the first primary before the other, whatever they are now. */
    public String uri() {
        return uri;
    }

    /** An old primary that is still there becomes the standby, and has all, before the primary is killed. */
    public void kill() {
        follow();
        primary.kill();
    }

    public void restart() {
        primary.restart();
    }

    /** As {@link #kill}, but for SIGSTOP. */
    public void pause() {
        follow();
        primary.pause();
    }

    public void resume() {
        primary.resume();
    }

    /** After {@link #kill}: the standby is promoted, and then the old primary started again, as by its init system. */
    public void promoteAndRestart() {
        promote();
        other.restart();
    }

    /** After {@link #pause}: the standby is promoted, and then the old primary wakes up. */
    public void promoteAndResume() {
        promote();
        other.resume();
    }

    private void promote() {
        MortalPostgres old = primary;
        primary = other;
        other = old;
        followed = false;
        primary.promote();
    }

    private void follow() {
        if (!followed) {
            other.kill();
            other.becomeStandbyOf(primary);
            waitForStandby();
        }
    }

    @Override
    public void close() {
        other.close();
        primary.close();
    }
}
