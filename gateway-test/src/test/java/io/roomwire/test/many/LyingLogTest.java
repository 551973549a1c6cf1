package io.roomwire.test.many;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.Ledger;
import io.roomwire.test.client.RestlessCrowd;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestPostgres;
import java.sql.SQLException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** The audit at the end of a run proves something only if it finds a log that is wrong: each of these is, behind the node's back. */
class LyingLogTest {
    @AutoClose
    private static final TestPostgres POSTGRES = TestPostgres.start();

    @AutoClose
    private static final TestCluster CLUSTER =
            aCluster().with("postgres.uri", POSTGRES.uri()).start();

    private String room = "";
    private RestlessCrowd crowd = new RestlessCrowd(CLUSTER, "", 0);

    @BeforeEach
    void allIsStoredAndSeen(TestInfo test) throws Exception {
        room = test.getTestMethod().orElseThrow().getName();
        crowd = new RestlessCrowd(CLUSTER, room, 1);
        crowd.run(25, () -> {});
    }

    @Test
    void aTrueLogIsFoundTrue() {
        crowd.audit(CLUSTER.node());
        crowd.ledger().assertKept();
    }

    @Test
    void oneMessageThatIsGoneIsLostAndAHole() throws Exception {
        sql("DELETE FROM roomwire.message WHERE room = '%s' AND seq = 77");
        Ledger.Report report = audited();
        assertThat(report.lost()).isEqualTo(1);
        assertThat(report.holes()).isEqualTo(1);
    }

    @Test
    void aHeadThatFellBackIsLost() throws Exception {
        sql("DELETE FROM roomwire.message WHERE room = '%s' AND seq > 147");
        sql("UPDATE roomwire.room_head SET seq = 147 WHERE room = '%s'");
        assertThat(audited().lost()).isEqualTo(3);
    }

    @Test
    void twoThatWereSwappedContradictWhatWasSeen() throws Exception {
        sql("UPDATE roomwire.message m SET content = o.content FROM roomwire.message o"
                + " WHERE m.room = '%1$s' AND o.room = '%1$s' AND m.seq IN (7, 8) AND o.seq = 15 - m.seq");
        assertThat(audited().contradictions()).isPositive();
    }

    @Test
    void oneThatIsStoredTwiceContradictsItsAck() throws Exception {
        sql("INSERT INTO roomwire.message SELECT room, 151, stored, ts, sender, id, content"
                + " FROM roomwire.message WHERE room = '%s' AND seq = 9");
        sql("UPDATE roomwire.room_head SET seq = 151 WHERE room = '%s'");
        assertThat(audited().contradictions()).isPositive();
    }

    private Ledger.Report audited() {
        crowd.audit(CLUSTER.node());
        return crowd.ledger().report();
    }

    private void sql(String statement) throws SQLException {
        assertThat(POSTGRES.execute(statement.formatted(room))).isPositive();
    }
}
