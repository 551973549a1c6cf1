package io.roomwire.test.client;

import io.roomwire.test.cluster.TestNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;

/** Many members of one room of whom nobody is anybody: what comes goes to a listener, and nothing is kept. */
public final class Crowd {
    /** Fewer than a node's accept queue holds (net.core.somaxconn is 4096, its usual use 128 and more). */
    private static final int DIALING_AT_ONCE = 200;

    private static final int JOIN_TIMEOUT_S = 60;

    private final List<TestClient> clients;

    private Crowd(List<TestClient> clients) {
        this.clients = clients;
    }

    /**
     * Connects so many and lets them join, as {@code prefix-0} and so on.
     *
     * @param listener gets each broadcast, on a client's event loop
     */
    public static Crowd join(
            TestNode node, String room, String prefix, int count, BiConsumer<TestClient, Frame> listener)
            throws InterruptedException {
        CountDownLatch joined = new CountDownLatch(count);
        Semaphore dialing = new Semaphore(DIALING_AT_ONCE);
        AtomicReference<Object> problem = new AtomicReference<>();
        List<TestClient> clients = new ArrayList<>(count);
        BiConsumer<TestClient, Frame> all = (client, frame) -> {
            if (frame.is("broadcast")) {
                listener.accept(client, frame);
            } else if (frame.is("joined")) {
                dialing.release();
                joined.countDown();
            } else {
                problem.compareAndSet(null, frame);
            }
        };
        for (int i = 0; i < count && problem.get() == null; i++) {
            if (!dialing.tryAcquire(JOIN_TIMEOUT_S, TimeUnit.SECONDS)) {
                problem.compareAndSet(null, "nobody was let in for " + JOIN_TIMEOUT_S + " s");
                break;
            }
            String join = TestClient.request("join", "room_id", room, "user_id", prefix + "-" + i)
                    .toString();
            TestClient.to(node).listener(all).dial().whenComplete((client, error) -> {
                if (error == null) {
                    synchronized (clients) {
                        clients.add(client);
                    }
                    client.send(join);
                } else {
                    problem.compareAndSet(null, error);
                    dialing.release();
                }
            });
        }
        if (problem.get() != null || !joined.await(JOIN_TIMEOUT_S, TimeUnit.SECONDS)) {
            throw new AssertionError((count - joined.getCount()) + " of " + count + " joined: " + problem.get());
        }
        return new Crowd(clients);
    }

    /** Each member tells the node the same. */
    public void tellAll(String type, Object... fields) {
        String text = TestClient.request(type, fields).toString();
        synchronized (clients) {
            clients.forEach(client -> client.send(text));
        }
    }

    /** All are gone without a goodbye. */
    public void drop() {
        synchronized (clients) {
            clients.forEach(TestClient::drop);
        }
    }

    /** How many still have their connection. */
    public long open() {
        synchronized (clients) {
            return clients.stream().filter(TestClient::isOpen).count();
        }
    }
}
