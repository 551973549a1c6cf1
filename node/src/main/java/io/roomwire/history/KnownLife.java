package io.roomwire.history;

/**
 * A life of the database, and how far it is known to have come. Lives are counted, so of two the newer is known.
 *
 * @param number 0 if none is known
 * @param server its system, its timeline and its database, with slashes between
 * @param startedUs when the server process began whose life this is, by its own clock, since 1970; 0 if nobody here was in it
 * @param at the newest place in the server's log, in bytes, that is known to be kept: where a message was acked, whose
 *     commit is behind that; 0 if nobody here was in that life, so nobody can say whether it lacks something
 */
record KnownLife(long number, String epoch, String server, long startedUs, long at) {
    static final KnownLife NONE = new KnownLife(0, "", "", 0, 0);

    private static final int PARTS = 5;

    KnownLife at(long place) {
        return new KnownLife(number, epoch, server, startedUs, Math.max(at, place));
    }

    boolean isNewerThan(KnownLife other) {
        return number > other.number || (epoch.equals(other.epoch) && at > other.at);
    }

    /** Whether it is on a later timeline of the same system than that server. */
    boolean isLaterThan(String otherServer) {
        return isLater(server, otherServer);
    }

    /** Whether that server is on a later timeline of the same system. */
    boolean isBefore(String otherServer) {
        return isLater(otherServer, server);
    }

    private static boolean isLater(String server, String than) {
        String[] mine = server.split("/", -1);
        String[] other = than.split("/", -1);
        return mine[0].equals(other[0]) && mine[1].compareTo(other[1]) > 0;
    }

    /** The system and its database: the same after a promotion, and on whatever copy of it. */
    static String database(String server) {
        String[] parts = server.split("/", -1);
        return parts[0] + "/" + parts[parts.length - 1];
    }

    String text() {
        return number + " " + epoch + " " + server + " " + startedUs + " " + at;
    }

    /** Reads what {@link #text} gave; {@link #NONE} if it is not of that form. */
    static KnownLife of(String text) {
        String[] parts = text.split(" ", -1);
        if (parts.length != PARTS) {
            return NONE;
        }
        try {
            return new KnownLife(
                    Long.parseLong(parts[0]), parts[1], parts[2], Long.parseLong(parts[3]), Long.parseLong(parts[4]));
        } catch (NumberFormatException e) {
            return NONE;
        }
    }
}
