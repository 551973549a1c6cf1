package io.roomwire.presence;

class LocalPresenceContractTest extends PresenceContract {
    private final LocalPresence presence = new LocalPresence();

    LocalPresenceContractTest() {
        presence.start(events);
    }

    @Override
    Presence presence() {
        return presence;
    }
}
