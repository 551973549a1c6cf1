package io.roomwire.relay;

class LocalRelayContractTest extends RelayContract {
    private final LocalRelay relay = new LocalRelay();

    LocalRelayContractTest() {
        relay.start(received);
    }

    @Override
    Relay relay() {
        return relay;
    }
}
