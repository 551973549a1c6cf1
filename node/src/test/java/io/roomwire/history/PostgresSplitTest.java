package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.protocol.Head;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A standby was promoted while its primary lives on, and some nodes reach the one and some the other. */
class PostgresSplitTest extends OnPostgres {
    private final Map<Head, String> contents = new HashMap<>();
    private final List<String> twice = new ArrayList<>();
    private int sent;

    /** Stores a message that nobody else sends; its place must be nobody else's either. */
    private Receipt append(PostgresLog log) throws Exception {
        String content = String.valueOf(++sent);
        Receipt receipt = get(log.append(draft("m-" + content, content)));
        String there = contents.put(new Head(receipt.seq(), receipt.epoch()), content);
        if (there != null) {
            twice.add(receipt + " is " + there + " and " + content);
        }
        return receipt;
    }

    @Test
    void noEpochAndSeqAreTwoMessages() throws Exception {
        try (TestPostgres primary = new TestPostgres();
                TestPostgres replica = primary.replica();
                PostgresLog stays = log(primary.config(1000, WEEK_MS));
                // the replica is first: a node takes it as soon as it is a primary and the node has to connect anew
                PostgresLog one = onBoth(replica, primary);
                PostgresLog two = onBoth(replica, primary)) {
            List<PostgresLog> all = List.of(stays, one, two);
            String before = "";
            for (int i = 0; i < 9; i++) {
                before = append(all.get(i % 3)).epoch();
            }
            await().atMost(Duration.ofSeconds(20)).ignoreExceptions().until(() -> hasSeq(replica, 9));
            replica.receiveNothingMore();
            append(stays);
            append(stays);
            replica.promote();

            String old = before;
            for (PostgresLog log : List.of(one, two)) {
                await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> {
                    primary.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                            + " WHERE application_name = 'roomwire'");
                    return !append(log).epoch().equals(old);
                });
            }
            for (int i = 0; i < 30; i++) {
                PostgresLog log = all.get(i % 3);
                await().atMost(Duration.ofSeconds(20))
                        .ignoreExceptions()
                        .until(() -> append(log).seq() > 0);
            }

            assertThat(twice).isEmpty();
            assertThat(append(stays).epoch()).isEqualTo(old);
            assertThat(append(one).epoch())
                    .isNotEqualTo(old)
                    .isEqualTo(append(two).epoch());
        }
    }
}
