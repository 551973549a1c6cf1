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
