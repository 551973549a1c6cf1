package io.roomwire.test.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A member of one room that lives by itself, as PROTOCOL.md asks a client to: it comes back with {@code after} and
 * {@code epoch}, sends again under the same {@code id} what was not acked, and writes all it sees into a ledger.
 *
 * <p>Any thread may call.
 */
public final class Member {
    /** A client of people takes a backoff; this one is here to make trouble. */
    private static final long RETRY_MS = 20;

    /** The id of its joins: no key of a message looks like that. */
    private static final String JOIN = "join";

    private final String user;
    private final String room;
    private final Supplier<URI> where;
    private final Ledger ledger;
    private final CompletableFuture<Member> started = new CompletableFuture<>();

    // All below is guarded by this.
    private final Map<String, ObjectNode> unacked = new LinkedHashMap<>();
    private Ledger.@Nullable View view;
    private @Nullable TestClient client;
    private Ledger.Sending sending;
    private @Nullable String epoch;
    private long last;
    private int sent;
    private int comebacks;
    private int unrecovered;
    private boolean joined;
    private boolean stopped;

    /** @param where the node to come (back) to, asked each time */
    public Member(String user, String room, Supplier<URI> where, Ledger ledger) {
        this.user = user;
        this.room = room;
        this.where = where;
        this.ledger = ledger;
        sending = ledger.sending(user);
    }

    /** Done at the first {@code joined}. */
    public CompletableFuture<Member> start() {
        dial();
        return started;
    }

    private void dial() {
        TestClient.to(where.get()).listener(this::received).dial().whenComplete((open, error) -> {
            if (error == null) {
                opened(open);
                open.closed().thenAccept(closing -> lost());
            } else {
                lost();
            }
        });
    }

    private synchronized void opened(TestClient open) {
        client = open;
        sending = ledger.sending(user);
        if (stopped) {
            open.drop();
            return;
        }
        ObjectNode join = TestClient.request("join", "room_id", room, "user_id", user, "id", JOIN);
        if (epoch != null) {
            join.put("after", last).put("epoch", epoch);
        }
        open.send(join.toString());
    }

    private synchronized void lost() {
        client = null;
        joined = false;
        if (!stopped) {
            Dialer.LOOPS.schedule(this::dial, RETRY_MS, TimeUnit.MILLISECONDS);
        }
    }

    private synchronized void received(TestClient from, Frame frame) {
        if (from != client) {
            return;
        }
        try {
            accept(frame);
        } catch (RuntimeException | AssertionError e) {
            ledger.contradicts(user + " cannot make sense of " + frame + ": " + e);
        }
    }

    private void accept(Frame frame) {
        switch (frame.type()) {
            case "joined" -> joined(frame);
            case "broadcast" -> {
                last = frame.seq();
                book().saw(frame.content().asText(), epoch(), last);
            }
            case "gap" -> {
                last = frame.number("to");
                book().gap(frame.number("from"), last);
            }
            case "ack" -> {
                unacked.remove(frame.get("id"));
                ledger.acked(frame.get("id"), frame.json().path("epoch").asText(epoch()), frame.seq());
            }
            case "error" -> refused(frame);
            case "reconnect" -> {
                // The end that it announces is acted upon when it comes.
            }
            default -> ledger.contradicts(user + " got a frame that was not asked for: " + frame);
        }
    }

    private void joined(Frame frame) {
        if (epoch == null) {
            last = frame.seq();
            view = ledger.view(user, last);
        } else {
            comebacks++;
            if (!frame.json().path("recovered").asBoolean()) {
                unrecovered++;
            }
            if (!frame.get("epoch").equals(epoch) || frame.json().has("resumed_after")) {
                last = frame.number("resumed_after");
                book().goesOnBehind(last);
            }
        }
        epoch = frame.get("epoch");
        joined = true;
        unacked.forEach(this::send);
        started.complete(this);
    }

    private String epoch() {
        if (epoch == null) {
            throw new IllegalStateException("a message before the first joined");
        }
        return epoch;
    }

    private void refused(Frame error) {
        String id = error.json().path("id").asText();
        boolean later =
                error.get("code").equals("unavailable") || error.get("code").equals("rate_limited");
        if (id.equals(JOIN) && later) {
            drop();
            return;
        }
        ObjectNode message = unacked.get(id);
        if (message == null || !later) {
            ledger.contradicts(user + " was refused: " + error);
            return;
        }
        sending.refused(id);
        TestClient same = from();
        long waitMs = error.json().path("retry_after_ms").asLong(RETRY_MS);
        Dialer.LOOPS.schedule(() -> same.send(message.toString()), waitMs, TimeUnit.MILLISECONDS);
    }

    private TestClient from() {
        if (client == null) {
            throw new IllegalStateException("not connected");
        }
        return client;
    }

    private Ledger.View book() {
        if (view == null) {
            throw new IllegalStateException("a message before the first joined");
        }
        return view;
    }

    /** Publishes one message, now or when it is back; its content is its key in the ledger. */
    public synchronized void publish() {
        String key = user + "-" + ++sent;
        ObjectNode message = TestClient.request("broadcast", "room_id", room, "content", key, "id", key);
        unacked.put(key, message);
        if (joined) {
            send(key, message);
        }
    }

    private void send(String key, ObjectNode message) {
        sending.sent(key);
        from().send(message.toString());
    }

    /** Loses its connection without a goodbye, and comes back by itself. */
    public synchronized void drop() {
        if (client != null) {
            client.drop();
        }
    }

    public synchronized void stop() {
        stopped = true;
        drop();
    }

    /** How many messages wait for their ack. */
    public synchronized int unacked() {
        return unacked.size();
    }

    /** The last seq that it saw. */
    public synchronized long last() {
        return last;
    }

    /** How often it came back and was let in again. */
    public synchronized int comebacks() {
        return comebacks;
    }

    /** How often it was then told that something is missing. */
    public synchronized int unrecovered() {
        return unrecovered;
    }

    /** For a person who asks why it stands still. */
    public synchronized String state() {
        String where = client == null ? "not connected" : joined ? "joined" : "joining";
        return user + " at " + last + ", " + where + ", " + unacked.size() + " not acked";
    }

    @Override
    public String toString() {
        return user;
    }
}
