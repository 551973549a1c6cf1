package io.roomwire.relay;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What one Redis server is to have subscribed, what it has, and what it was asked for and has not answered. It decides what
 * to ask next; whoever owns the connection asks, and says what comes back.
 *
 * <p>Plain state of one thread.
 */
final class Subscriptions {
    private final Set<String> wanted = new HashSet<>();
    private final Set<String> subscribed = new HashSet<>();

    /** Where wanted and subscribed may differ, oldest first. */
    private final LinkedHashSet<String> differing = new LinkedHashSet<>();

    private final Set<String> asked = new HashSet<>();

    /** Whether it was told that all that is wanted is subscribed, and nothing new is wanted since. */
    private boolean settled;

    /** Whether something that was wanted was not subscribed for a while, and nobody was told of its return. */
    private boolean interrupted;

    /** What to ask for next; both may be empty. */
    record Step(List<String> subscribe, List<String> unsubscribe) {}

    /** What it means that the server has subscribed a channel. */
    enum Answer {
        /** It was not asked for, or before the connection was lost. */
        STALE,
        /** It is wanted, and there. */
        SUBSCRIBED,
        /** It was given up meanwhile, and goes with the next step. */
        UNWANTED
    }

    /** @return whether that is new, so that there is something to ask for */
    boolean want(String channel) {
        boolean added = wanted.add(channel);
        if (added) {
            differing.add(channel);
            settled = false;
        }
        return added;
    }

    /** As {@link #want}, for a channel that another server had so far: messages may have been missed in between. */
    boolean takeOver(String channel) {
        interrupted |= !wanted.contains(channel);
        return want(channel);
    }

    /** @return whether that is new, so that there is something to ask for */
    boolean unwant(String channel) {
        boolean removed = wanted.remove(channel);
        if (removed) {
            differing.add(channel);
        }
        return removed;
    }

    /** Whether the server has the subscription, and is not about to be told to end it. */
    boolean has(String channel) {
        return wanted.contains(channel) && subscribed.contains(channel);
    }

    /** A copy. */
    Collection<String> wanted() {
        return new ArrayList<>(wanted);
    }

    /** Whether something that was wanted was not subscribed for a while, and {@link #settle} has not told of its return. */
    boolean isInterrupted() {
        return interrupted;
    }

    /** There is a new connection, which has nothing. */
    void connected() {
        subscribed.clear();
        asked.clear();
        differing.clear();
        differing.addAll(wanted);
        settled = false;
    }

    /** The connection is lost, or could not be made. */
    void lost() {
        settled = false;
        interrupted = true;
    }

    /** Whether the answers to the last step are not all here; until then no other is made, so that a batch stays one. */
    boolean isWaiting() {
        return !asked.isEmpty();
    }

    /** Whether there may be more to ask for than the last step had. */
    boolean isMoreToAsk() {
        return !differing.isEmpty();
    }

    /** What to ask for now, of at most so many channels; nothing while {@link #isWaiting}. */
    Step next(int most) {
        List<String> more = new ArrayList<>();
        List<String> less = new ArrayList<>();
        Iterator<String> each = differing.iterator();
        while (asked.isEmpty() && each.hasNext() && more.size() + less.size() < most) {
            String channel = each.next();
            each.remove();
            if (wanted.contains(channel) && !subscribed.contains(channel)) {
                more.add(channel);
            } else if (!wanted.contains(channel) && subscribed.remove(channel)) {
                less.add(channel);
            }
        }
        asked.addAll(more);
        return new Step(more, less);
    }

    /** The server has it now. */
    Answer subscribed(String channel) {
        if (!asked.remove(channel)) {
            return Answer.STALE;
        }
        subscribed.add(channel);
        return wanted.contains(channel) ? Answer.SUBSCRIBED : Answer.UNWANTED;
    }

    /** The server does not have the slots of these channels, so there will be no other answer. */
    void refused(Collection<String> channels) {
        asked.removeAll(channels);
    }

    /** The server ended it by itself. @return whether it is wanted all the same */
    boolean revoked(String channel) {
        return subscribed.remove(channel) && wanted.contains(channel);
    }

    /**
     * To be asked when there is nothing to ask for.
     *
     * @return whether all that is wanted is subscribed and that was not told before; once for each time
     */
    boolean settle() {
        boolean first = !settled && asked.isEmpty() && differing.isEmpty();
        settled |= first;
        return first;
    }

    /** Whether there was an interruption since it was last asked. */
    boolean takeInterrupted() {
        boolean was = interrupted;
        interrupted = false;
        return was;
    }
}
