package io.roomwire.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.relay.Subscriptions.Answer;
import io.roomwire.relay.Subscriptions.Step;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class SubscriptionsTest {
    private static final int BATCH = 3;
    private static final int CHANNELS = 8;

    private final Subscriptions subscriptions = new Subscriptions();

    @Test
    void whatIsGivenUpWhileItIsAskedForIsEndedOnceItIsThere() {
        subscriptions.connected();
        subscriptions.want("a");
        subscriptions.next(BATCH);
        subscriptions.unwant("a");
        assertThat(subscriptions.subscribed("a")).isEqualTo(Answer.UNWANTED);
        assertThat(subscriptions.next(BATCH)).isEqualTo(new Step(List.of(), List.of("a")));
    }

    @Test
    void anAnswerFromBeforeTheConnectionWasLostCountsForNothing() {
        subscriptions.connected();
        subscriptions.want("a");
        subscriptions.next(BATCH);
        subscriptions.lost();
        subscriptions.connected();
        assertThat(subscriptions.subscribed("a")).isEqualTo(Answer.STALE);
        assertThat(subscriptions.has("a")).isFalse();
    }

    @Test
    void noMoreIsAskedBeforeTheAnswersToTheLastStepAreHere() {
        subscriptions.connected();
        List.of("a", "b", "c", "d").forEach(subscriptions::want);
        assertThat(subscriptions.next(BATCH).subscribe()).containsExactly("a", "b", "c");
        subscriptions.subscribed("a");
        assertThat(subscriptions.isWaiting()).isTrue();
        assertThat(subscriptions.next(BATCH).subscribe()).isEmpty();
    }

    @Test
    void aChannelOfAnotherServerIsAnInterruptionUntilItIsHere() {
        subscriptions.connected();
        subscriptions.takeOver("a");
        subscriptions.next(BATCH);
        assertThat(subscriptions.isInterrupted()).isTrue();
        subscriptions.subscribed("a");
        assertThat(subscriptions.settle()).isTrue();
        assertThat(subscriptions.takeInterrupted()).isTrue();
        assertThat(subscriptions.settle()).as("told once").isFalse();
    }

    /** One that answers in its own time, ends subscriptions by itself, and may not have what it is asked for. */
    private static final class Server {
        final Set<String> there = new HashSet<>();
        final Set<String> elsewhere = new HashSet<>();
        final Deque<String> commands = new ArrayDeque<>();
        final Deque<String> answers = new ArrayDeque<>();

        void ask(Step step) {
            step.unsubscribe().forEach(channel -> commands.add("-" + channel));
            step.subscribe().forEach(channel -> commands.add("+" + channel));
        }

        void work() {
            String command = commands.poll();
            if (command == null) {
                return;
            }
            String channel = command.substring(1);
            if (command.charAt(0) == '-') {
                there.remove(channel);
                answers.add(command);
            } else if (elsewhere.contains(channel)) {
                answers.add("!" + channel);
            } else {
                there.add(channel);
                answers.add(command);
            }
        }

        /** The channel's slot goes to another server. */
        void moveAway(String channel) {
            elsewhere.add(channel);
            if (there.remove(channel)) {
                answers.add("-" + channel);
            }
        }

        void die() {
            there.clear();
            commands.clear();
            answers.clear();
        }
    }

    /** As {@link Link} does it. */
    private void hear(Server server) {
        String answer = server.answers.poll();
        if (answer == null) {
            return;
        }
        String channel = answer.substring(1);
        switch (answer.charAt(0)) {
            case '+' -> subscriptions.subscribed(channel);
            case '-' -> {
                if (subscriptions.revoked(channel)) {
                    subscriptions.unwant(channel);
                }
            }
            default -> {
                subscriptions.refused(List.of(channel));
                subscriptions.unwant(channel);
            }
        }
    }

    @Property(tries = 2000)
    void theServerHasWhatIsWantedInTheEndAndTheOwnerHearsOfEachInterruption(@ForAll Random random) {
        Server server = new Server();
        boolean connected = false;
        boolean lostSince = false;
        for (int step = 0; step < 200; step++) {
            String channel = "c" + random.nextInt(CHANNELS);
            int dice = random.nextInt(100);
            if (dice < 25) {
                subscriptions.want(channel);
            } else if (dice < 40) {
                subscriptions.unwant(channel);
            } else if (dice < 43) {
                server.moveAway(channel);
            } else if (dice < 45) {
                server.elsewhere.clear();
            } else if (dice < 48 && connected) {
                server.die();
                subscriptions.lost();
                connected = false;
                lostSince = true;
            } else if (dice < 60 && !connected) {
                subscriptions.connected();
                connected = true;
            } else if (dice < 75) {
                server.work();
            } else if (dice < 90) {
                hear(server);
            }
            lostSince &= !goOn(server, connected, lostSince);
        }
        if (!connected) {
            subscriptions.connected();
        }
        for (int step = 0; step < 20 * CHANNELS; step++) { // more than there can be to do
            server.work();
            hear(server);
            lostSince &= !goOn(server, true, lostSince);
        }

        assertThat(server.there).containsExactlyInAnyOrderElementsOf(subscriptions.wanted());
        assertThat(subscriptions.isInterrupted()).isFalse();
        assertThat(lostSince).as("an interruption that nobody heard of").isFalse();
    }

    /** Asks for what is next. Returns whether all is as it is wanted, and that was heard for the first time. */
    private boolean goOn(Server server, boolean connected, boolean lostSince) {
        if (!connected || subscriptions.isWaiting()) {
            return false;
        }
        Step step = subscriptions.next(BATCH);
        server.ask(step);
        if (!step.subscribe().isEmpty() || subscriptions.isMoreToAsk() || !subscriptions.settle()) {
            return false;
        }
        assertThat(subscriptions.takeInterrupted()).isEqualTo(lostSince);
        return true;
    }
}
