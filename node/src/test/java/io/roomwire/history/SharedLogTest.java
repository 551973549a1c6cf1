package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config;
import io.roomwire.config.KeptMessages;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two real PostgreSQL servers that share the rooms. */
@Timeout(120)
class SharedLogTest extends RoomLogContract {
    private static final UserId ALICE = new UserId("alice");

    private static final List<TestPostgres> SERVERS = new ArrayList<>();
    private static final List<PostgresLog> PARTS = new ArrayList<>();
    private static SharedLog log;

    @BeforeAll
    static void startServers() {
        for (int i = 0; i < 2; i++) {
            SERVERS.add(new TestPostgres());
            PARTS.add(SERVERS.get(i).log(new KeptMessages("", KEPT)));
        }
        log = SharedLog.byHash(PARTS);
    }

    @AfterAll
    static void stopServers() {
        log.close();
        SERVERS.forEach(TestPostgres::close);
    }

    @Override
    RoomLog log() {
        return log;
    }

    /** A room that is on the server of that index. */
    private RoomId roomOn(int server) {
        for (int i = 0; ; i++) {
            RoomId candidate = new RoomId(room + "-" + i);
            if (RoomHash.of(candidate, SERVERS.size()) == server) {
                return candidate;
            }
        }
    }

    @Test
    void eachRoomIsOnOneServerAlone() {
        for (int i = 0; i < SERVERS.size(); i++) {
            RoomId there = roomOn(i);
            append(there, ALICE, "m-1", "1");
            for (int other = 0; other < SERVERS.size(); other++) {
                assertThat(SERVERS.get(other)
                                .query("SELECT count(*) FROM roomwire.message WHERE room = '" + there + "'"))
                        .isEqualTo(other == i ? "1" : "0");
            }
        }
    }

    @Test
    void roomsOfAServerThatIsLostFailAndTheOthersGoOn() {
        RoomId lost = roomOn(0);
        RoomId kept = roomOn(1);
        append(lost, ALICE, "m-1", "1");
        append(kept, ALICE, "m-1", "1");
        SERVERS.get(0).stop();
        try {
            assertThatThrownBy(() -> append(lost, ALICE, "m-2", "2")).hasCauseInstanceOf(LogUnavailableException.class);
            assertThat(append(kept, ALICE, "m-2", "2").seq()).isEqualTo(2);
            assertThat(get(log.read(kept, Range.behind(0, 9))).messages()).hasSize(2);
            assertThat(get(log.heads(List.of(lost, kept))))
                    .as("one log's silence is not the other's")
                    .containsOnlyKeys(kept);
            assertThatThrownBy(() -> get(log.heads(List.of(lost)))).hasCauseInstanceOf(LogUnavailableException.class);
        } finally {
            SERVERS.get(0).startAgain();
        }
        await("each of its writers is back")
                .atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .untilAsserted(() -> {
                    for (int i = 0; i < 20; i++) {
                        append(new RoomId(room + "-back-" + i), ALICE, "m-1", "1");
                    }
                });
        assertThat(append(lost, ALICE, "m-2", "2").seq()).isEqualTo(2);
    }

    @Test
    void aRuleSaysWhichOfTwoLogsHasARoom() {
        RoomLog memory = new MemoryLog(new Config.MemoryLog(KEPT, 1 << 20, 1 << 20, 1000, 1000), () -> 0);
        SharedLog ruled = SharedLog.byRule(each -> each.text().startsWith("quick"), memory, log);
        get(ruled.append(new Draft(new RoomId("quick-" + room), message(ALICE, null, "1"))));
        get(ruled.append(new Draft(room, message(ALICE, null, "1"))));

        assertThat(get(memory.heads(List.of(new RoomId("quick-" + room), room))))
                .containsOnlyKeys(new RoomId("quick-" + room));
        assertThat(get(log.heads(List.of(new RoomId("quick-" + room), room)))).containsOnlyKeys(room);
    }
}
