package io.roomwire.auth;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Checks of tokens that wait for a thread. Each client has a queue of its own, and the queues have their turns, so who
 * sends a thousand bad tokens waits for them himself. Any thread may call.
 */
final class Checks implements AutoCloseable {
    private final int most;
    private final ThreadPoolExecutor threads;

    /** The next turn is the first's. Guarded by this object's lock, which is held for a moment. */
    private final LinkedHashMap<Object, ArrayDeque<Runnable>> waiting = new LinkedHashMap<>();

    private int count;

    /**
     * @param name of the threads
     * @param threadCount how much of the machine checks may take
     * @param most checks that wait; beyond them only who has less than others waiting may add one
     */
    Checks(String name, int threadCount, int most) {
        this.most = most;
        threads = new ThreadPoolExecutor(
                threadCount,
                threadCount,
                1,
                TimeUnit.MINUTES,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory(name, true));
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * Runs it on one of the threads, when the turn of who asks for it has come.
     *
     * @param from who that is; equal for the same client
     * @throws RejectedExecutionException if too many wait
     */
    void run(Object from, Runnable check) {
        synchronized (this) {
            ArrayDeque<Runnable> own = waiting.get(from);
            int shares = Math.max(1, waiting.size());
            if (count >= most && own != null && own.size() >= count / shares) {
                throw new RejectedExecutionException("too many wait");
            }
            waiting.computeIfAbsent(from, key -> new ArrayDeque<>(1)).add(check);
            count++;
        }
        threads.execute(() -> next().run());
    }

    private synchronized Runnable next() {
        Iterator<Map.Entry<Object, ArrayDeque<Runnable>>> first =
                waiting.entrySet().iterator();
        Map.Entry<Object, ArrayDeque<Runnable>> turn = first.next(); // there are as many as were given to the threads
        Object from = turn.getKey();
        ArrayDeque<Runnable> own = turn.getValue();
        Runnable check = own.remove();
        count--;
        first.remove();
        if (!own.isEmpty()) {
            waiting.put(from, own);
        }
        return check;
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
