package io.roomwire.history;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** Keeps what a log tells. */
final class Told implements PostgresLog.Listener {
    final AtomicInteger ups = new AtomicInteger();
    final List<String> downs = Collections.synchronizedList(new ArrayList<>());
    final List<Map.Entry<RoomId, Head>> newEpochs = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void onUp() {
        ups.incrementAndGet();
    }

    @Override
    public void onDown(String reason) {
        downs.add(reason);
    }

    @Override
    public void onNewEpoch(RoomId room, Head head) {
        newEpochs.add(Map.entry(room, head));
    }
}
