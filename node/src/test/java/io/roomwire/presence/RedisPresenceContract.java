package io.roomwire.presence;

import static io.roomwire.redis.RedisScript.arg;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.SetArgs;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.roomwire.config.Config;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisProcess;
import io.roomwire.relay.RedisRelay;
import io.roomwire.relay.Relay;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What presence in Redis promises in each form of Redis: several nodes. */
abstract class RedisPresenceContract extends PresenceContract {
    private static final Config.Presence CONFIG = new Config.Presence(100, 1000);

    private final List<Node> nodes = new ArrayList<>();
    Node first;

    abstract Config.Redis redis();

    /** What a node has of presence, with clients of its own, so that it can be cut off. */
    final class Node {
        final RedisClients clients = RedisProcess.connect(redis());
        final RedisRelay relay;
        final RedisPresence presence;
        final Events told;

        Node(String id, Events told) {
            this(id, told, CONFIG);
        }

        Node(String id, Events told, Config.Presence config) {
            this.told = told;
            relay = new RedisRelay(clients, id, new FrameWriter(UnpooledByteBufAllocator.DEFAULT));
            presence = new RedisPresence(config, clients, id);
            nodes.add(this);
        }

        Node start() {
            clients.listen(presence);
            relay.memberEvents(presence::received);
            relay.start(new Relay.Receiver() {
                @Override
                public void onFrame(RoomId of, Head place, Frame frame) {
                    frame.release();
                }

                @Override
                public void onInterrupted() {
                    // no log here
                }
            });
            get(relay.subscribe(room)); // before it clears what a former life left
            presence.start(told);
            get(presence.claim());
            return this;
        }

        /** As a process that is killed: says nothing any more. */
        void cutOff() {
            clients.close();
            nodes.remove(this);
        }
    }

    @BeforeEach
    void startNode() {
        first = new Node("n-1", events).start();
    }

    @AfterEach
    void stopNodes() {
        try {
            get(first.clients.commands().flushall());
        } finally {
            nodes.forEach(node -> node.clients.close()); // else the next test's node finds its id taken
        }
    }

    @Override
    Presence presence() {
        return first.presence;
    }

    @Test
    void aUserStaysWhileAConnectionOnAnotherNodeDoes() {
        Node second = new Node("n-2", new Events()).start();
        first.presence.joined(room, ALICE);
        await().until(() -> second.told.seen.size() == 1);
        second.presence.joined(room, ALICE);
        await().untilAsserted(() ->
                assertThat(get(first.presence.roster(room, 10)).members()).containsEntry(ALICE, 2));
        first.presence.left(room, ALICE);
        await().untilAsserted(() ->
                assertThat(get(first.presence.roster(room, 10)).members()).containsEntry(ALICE, 1));

        second.presence.left(room, ALICE);

        await().untilAsserted(() -> {
            assertThat(events.seen).containsExactly("+alice", "-alice");
            assertThat(second.told.seen).containsExactly("+alice", "-alice");
        });
    }

    @Test
    void theMembersOfADeadNodeLeaveOnce() {
        Node second = new Node("n-2", new Events()).start();
        Node third = new Node("n-3", new Events()).start();
        first.presence.joined(room, ALICE);
        await().until(() -> events.seen.size() == 1);
        third.presence.joined(room, ALICE);
        third.presence.joined(room, BOB);
        await().until(() -> events.seen.size() == 2);

        third.cutOff();

        await().untilAsserted(() -> assertThat(events.seen).containsExactly("+alice", "+bob", "-bob"));
        awaitRoster(first.presence, 1);
        await().untilAsserted(() ->
                assertThat(get(first.clients.commands().keys("rw:m:*.n-3"))).isEmpty());
        assertThat(events.seen).containsExactly("+alice", "+bob", "-bob");
        assertThat(second.told.seen).containsExactly("+alice", "+bob", "-bob");
    }

    @Test
    void theSecondNodeOfAnIdIsRefused() {
        RedisPresence twin = new Node("n-1", new Events()).presence;

        assertThatThrownBy(() -> get(twin.claim()))
                .hasCauseInstanceOf(NodeIdTakenException.class)
                .hasMessageContaining("n-1");
    }

    @Test
    void aNodeWhoseIdAnotherRenewsIsToldSo() {
        List<NodeIdTakenException> taken = new CopyOnWriteArrayList<>();
        first.presence.onIdTaken(taken::add);
        get(first.clients.commands().set("rw:n:{n-1}", arg("another-1"), SetArgs.Builder.px(60_000)));
        await().untilAsserted(() -> assertThat(taken).isNotEmpty());
    }

    /** As in a Redis that came back with older data. */
    @Test
    void aNodeThatFindsTheKeyOfOneThatIsGoneWaitsForItsEnd() {
        List<NodeIdTakenException> taken = new CopyOnWriteArrayList<>();
        first.presence.onIdTaken(taken::add);
        first.presence.joined(room, ALICE);
        await().until(() -> events.seen.size() == 1);
        get(first.clients.commands().set("rw:n:{n-1}", arg("another-1"), SetArgs.Builder.px(600)));
        await().until(() -> {
            byte[] holder = get(first.clients.commands().get("rw:n:{n-1}"));
            return holder != null && !new String(holder, UTF_8).equals("another-1");
        });
        awaitRoster(first.presence, 1);
        assertThat(taken).isEmpty();
    }

    @Test
    void aNodeThatWasKilledCanComeBackUnderItsId() {
        first.presence.joined(room, ALICE);
        await().until(() -> events.seen.size() == 1);
        first.cutOff();

        first = new Node("n-1", new Events()).start();

        awaitRoster(first.presence, 0);
        await().untilAsserted(
                        () -> assertThat(first.told.seen).contains("-alice").doesNotContain("+alice"));
    }

    @Test
    void aNodeThatWasTakenForDeadAnnouncesItsMembersAgain() {
        Node second = new Node("n-2", new Events()).start();
        first.presence.joined(room, ALICE);
        await().until(() -> second.told.seen.size() == 1);

        get(first.clients.commands().del("rw:n:{n-1}"));

        await().untilAsserted(() ->
                assertThat(get(second.clients.commands().smembers("rw:lives"))).hasSize(2));
        await().untilAsserted(() ->
                assertThat(get(second.presence.roster(room, 10)).members()).containsEntry(ALICE, 1));
        await().untilAsserted(() ->
                assertThat(get(second.clients.commands().keys("rw:p:*"))).hasSize(1));
    }

    /** Until it is known that a new connection leads to a Redis without data, some is written as if it had them. */
    @Test
    void whatIsWrittenToARedisThatHasForgottenIsTakenOutAgain() {
        Node second = new Node("n-2", new Events(), new Config.Presence(60_000, 240_000)).start();
        second.presence.joined(room, ALICE);
        awaitRoster(first.presence, 1);
        get(first.clients.commands().flushall());
        second.presence.joined(room, BOB);
        await().untilAsserted(() -> assertThat(entries()).hasSize(1));

        second.presence.onUp();

        await().untilAsserted(
                        () -> assertThat(get(first.presence.roster(room, 10)).members())
                                .containsEntry(ALICE, 1)
                                .containsEntry(BOB, 1));
        assertThat(entries()).hasSize(1);
    }

    /** As a command that a node had under way when it stood still for so long that its peers took it for dead. */
    @Test
    void whatComesLateOfALifeThatWasClearedIsTakenOutToo() {
        Node second = new Node("n-2", new Events(), new Config.Presence(60_000, 2000)).start();
        second.presence.joined(room, ALICE);
        awaitRoster(first.presence, 1);
        String entries = entries().get(0);
        String users = get(first.clients.commands().keys("rw:u:*")).get(0);
        awaitRoster(first.presence, 0);
        get(first.clients.commands().hset(entries, ALICE.text(), arg(1)));
        get(first.clients.commands().hincrby(users, ALICE.text(), 1));

        second.presence.onUp();

        await().untilAsserted(() -> assertThat(entries()).doesNotContain(entries));
    }

    private List<String> entries() {
        return get(first.clients.commands().keys("rw:p:*"));
    }

    @Test
    void aRoomThatEverybodyLeftIsForgotten() {
        first.presence.joined(room, ALICE);
        first.presence.joined(room, BOB);
        await().until(() -> events.seen.size() == 2);
        first.presence.left(room, ALICE);
        first.presence.left(room, BOB);

        await().untilAsserted(() ->
                assertThat(get(first.clients.commands().keys("rw:m:*"))).isEmpty());
        first.presence.joined(room, BOB);

        await().untilAsserted(() ->
                assertThat(get(first.clients.commands().keys("rw:m:*"))).hasSize(1));
    }
}
