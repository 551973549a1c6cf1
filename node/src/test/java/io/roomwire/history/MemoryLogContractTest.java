package io.roomwire.history;

import io.roomwire.config.Config;

class MemoryLogContractTest extends RoomLogContract {
    private final RoomLog log =
            new MemoryLog(new Config.MemoryLog(KEPT, 1 << 20, 256 << 20, 300_000, 300_000), () -> 0);

    @Override
    RoomLog log() {
        return log;
    }
}
