package io.roomwire.history;

import java.sql.SQLException;

/** Whose fault a failed statement is, by its SQLSTATE. */
enum SqlFailure {
    /** A value that the database cannot take: without it the rest goes through. */
    DATA,
    /** Two transactions met: at the next attempt they may not. */
    CONFLICT,
    /** The connection is of a life of the database that is over. */
    LIFE,
    /** The server, or the way to it. */
    SERVER;

    static SqlFailure of(SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        if (state.startsWith("22") || state.startsWith("23")) {
            return DATA;
        }
        if (state.equals(Life.ANOTHER)) {
            return LIFE;
        }
        return state.startsWith("40") ? CONFLICT : SERVER;
    }

    /** Whether there is no partition for the present time: as when the server's clock was put forward. */
    static boolean isMissingPartition(SQLException e) {
        return "23514".equals(e.getSQLState()); // check_violation; the tables have no other check
    }

    static boolean isLockTimeout(SQLException e) {
        return "55P03".equals(e.getSQLState());
    }

    /**
     * Whether a server that lives has said no: it may be reached the next time, and say no again. Not that it goes (57P), that
     * another one can write (25006), or that the database has begun another life (RW).
     */
    static boolean isAnswer(Exception e) {
        String state = state(e);
        return !state.isEmpty()
                && !state.startsWith("08")
                && !state.startsWith("57P")
                && !state.equals("25006")
                && !state.startsWith("RW");
    }

    /**
     * Whether the connection can be used again: a new one costs a server more that ran out of time, disk or memory, and it
     * has trouble enough.
     */
    static boolean leavesConnection(Exception e) {
        String state = state(e);
        return state.equals("57014") || (state.startsWith("53") && !state.equals("53300"));
    }

    /**
     * Whether it would be the same at the next start: the role, the password or the database is wrong (28, 3D000), the role
     * may not do what it has to (42501), or the server is none that is used (RW).
     */
    static boolean isForGood(Exception e) {
        String state = state(e);
        return state.startsWith("28")
                || state.equals("3D000")
                || state.equals("42501")
                || state.equals(Durability.REFUSED)
                || state.equals(Fitness.UNFIT);
    }

    /** The SQLSTATE of what failed, or of what made it fail; empty if none. */
    static String state(Throwable e) {
        for (Throwable each = e; each != null; each = each.getCause()) {
            if (each instanceof SQLException sql && sql.getSQLState() != null) {
                return sql.getSQLState();
            }
        }
        return "";
    }

    /** For people; the driver puts no password into its messages. */
    static String reason(Throwable e) {
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        Throwable cause = e.getCause();
        String because = cause == null || cause.getMessage() == null || message.contains(cause.getMessage())
                ? ""
                : " (" + cause.getMessage() + ")";
        return (message + because).replaceAll("\\s+", " ");
    }
}
