package io.roomwire.test.fault;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

/** A room of which nothing is left in PostgreSQL, and which is written to again. */
class RetiredRoomTest {
    /** As if nobody had written for ten days, and retention and two walks through the rooms had come by. */
    private static void retireAll(TestPostgres postgres) throws SQLException {
        try (Connection connection = postgres.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("DELETE FROM roomwire.message");
            statement.execute("UPDATE roomwire.room_head SET stored = stored - interval '10 days'");
            for (int i = 0; i < 2; i++) {
                statement.execute("SELECT roomwire.retire_heads(1000, 86400000, 0)");
            }
            assertThat(statement.executeUpdate("DELETE FROM roomwire.room_head"))
                    .isZero();
        }
    }

    @Test
    void whoWasThereAllTheTimeComesBackToTheNewEpochAndMissesNothingOfIt() throws Exception {
        try (TestPostgres postgres = TestPostgres.start();
                TestCluster cluster =
                        aCluster().with("postgres.uri", postgres.uri()).start()) {
            TestClient ada = TestClient.connect(cluster.node());
            String epoch = ada.join("silent", "ada").get("epoch");
            ada.broadcast("silent", 1);
            ada.broadcast("silent", 2);
            ada.next("broadcast", 2);
            retireAll(postgres);

            TestClient bob = TestClient.member(cluster.node(), "silent", "bob").ignoreRest();
            // he is a member of the old epoch as well, so he may be sent away before his ack
            bob.tell("broadcast", "room_id", "silent", "content", 3);

            assertThat(ada.expectClose().code()).isEqualTo(4004);
            TestClient back = TestClient.connect(cluster.node());
            Frame joined = back.resume("silent", "ada", 2, epoch);
            assertThat(joined.get("epoch")).isNotEqualTo(epoch);
            assertThat(joined.get("recovered")).isEqualTo("false");
            assertThat(joined.number("resumed_after")).isZero();
            assertThat(joined.number("uncertain_after")).isZero();
            Frame stored = back.next("broadcast");
            assertThat(stored.seq()).isEqualTo(1);
            assertThat(stored.content().asInt()).isEqualTo(3);
            back.close();
            bob.close();
        }
    }
}
