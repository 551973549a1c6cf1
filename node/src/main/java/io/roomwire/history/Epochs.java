package io.roomwire.history;

import org.jspecify.annotations.Nullable;

/** A room's epoch: the life of the database, and behind a dot the room's own life in it if that began again. */
final class Epochs {
    private static final char DOT = '.';

    private Epochs() {}

    static String of(String life, String own) {
        return own.isEmpty() ? life : life + DOT + own;
    }

    /** The room's own part, or null if the epoch is of another life. */
    static @Nullable String own(String life, String epoch) {
        if (epoch.equals(life)) {
            return "";
        }
        boolean sameLife =
                epoch.length() > life.length() && epoch.startsWith(life) && epoch.charAt(life.length()) == DOT;
        return sameLife ? epoch.substring(life.length() + 1) : null;
    }
}
