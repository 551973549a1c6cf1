package io.roomwire;

import io.roomwire.redis.RedisClients.StateListener;

/**
 * What happens when Redis comes back, or another server of it is the master: all of it, in its order. Messages are not
 * here: a {@code Link} has a connection of its own, subscribes again as soon as it can, and then has
 * {@code Rooms.onInterrupted} read from the log what was missed.
 *
 * <p>Called on the thread that brings the news; none of them waits.
 */
record Comeback(StateListener requirements, StateListener presence, StateListener orders, StateListener relay)
        implements StateListener {
    @Override
    public void onUp() {
        requirements.onUp(); // first, so that health says what this server refuses before anything fails by it
        presence.onUp(); // before orders: if another process has this node's id meanwhile, nothing else matters
        orders.onUp(); // last: what was ordered meanwhile is read with the next look, within a second
    }

    @Override
    public void onMoved() {
        relay.onMoved(); // the one part whose connections stay with the old master
    }
}
