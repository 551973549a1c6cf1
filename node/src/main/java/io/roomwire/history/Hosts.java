package io.roomwire.history;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The servers of one JDBC URL, each by itself: the driver would take the first that can write, though that may be an old
 * primary which its machine has started again. Any thread may call.
 */
final class Hosts {
    private static final Pattern SEVERAL = Pattern.compile("(jdbc:postgresql://)([^/?]+)(.*)");

    private final List<String> urls;
    private volatile String best = "";

    Hosts(String url) {
        List<String> each = new ArrayList<>();
        Matcher parts = SEVERAL.matcher(url);
        if (parts.matches()) {
            for (String host : parts.group(2).split(",", -1)) {
                each.add(parts.group(1) + host + parts.group(3));
            }
        }
        urls = each.isEmpty() ? List.of(url) : List.copyOf(each);
    }

    boolean areSeveral() {
        return urls.size() > 1;
    }

    /** That one was what it has to be: it is asked first from now on. */
    void isBest(String url) {
        best = url;
    }

    /** Whether one was found. */
    boolean isKnown() {
        return !best.isEmpty();
    }

    /** In the order in which they are to be asked. */
    List<String> inOrder() {
        List<String> order = new ArrayList<>(urls);
        if (order.remove(best)) {
            order.add(0, best);
        }
        return order;
    }

    /** All but the best one. */
    List<String> others() {
        List<String> others = new ArrayList<>(urls);
        others.remove(best);
        return others;
    }
}
