package io.roomwire.protocol;

import java.util.ArrayList;
import java.util.List;

/**
 * An epoch of a room's log that is over, while the log went on.
 *
 * @param epoch its name
 * @param end the seq with which it ended: what stands behind it in the log is of later epochs
 * @param whole nothing that was acked in it is missing, for sure; false where the log cannot know
 */
public record PastEpoch(String epoch, long end, boolean whole) {
    /** Epochs as the logs' scripts write them: name, end, and 1 if whole, with spaces between; commas between epochs. */
    public static List<PastEpoch> all(String text) {
        List<PastEpoch> epochs = new ArrayList<>();
        for (String each : text.isEmpty() ? new String[0] : text.split(",", -1)) {
            String[] parts = each.split(" ", -1);
            epochs.add(new PastEpoch(parts[0], Long.parseLong(parts[1]), parts[2].equals("1")));
        }
        return epochs;
    }
}
