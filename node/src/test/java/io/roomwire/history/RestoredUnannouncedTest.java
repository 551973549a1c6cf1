package io.roomwire.history;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.PastEpoch;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * An older state of the database is put back, and nobody says so. Mostly no node lives that knows better, and there is no
 * Redis. An epoch and a seq still stand for one message, whether it was acked or read, and who saw what was lost is told.
 */
class RestoredUnannouncedTest extends OnPostgres {
    private static final int MESSAGES = 5;

    private final Map<Place, String> seen = new HashMap<>();
    private RoomId younger;

    private record Place(RoomId room, String epoch, long seq) {}

    @BeforeEach
    void aRoomThatIsNotInTheBackup() {
        younger = new RoomId(room + "-younger");
    }

    @Test
    void aCopyOfItsFiles() throws Exception {
        try (TestPostgres server = DebianPostgres.start()) {
            Head old = said(server, room, "before");
            goesOn(server, old, lostByFiles(server));
        }
    }

    @Test
    void aDumpInPlaceOfTheTables() throws Exception {
        try (TestPostgres server = DebianPostgres.start()) {
            Head old = said(server, room, "before");
            Path dump = dump(server);
            Head lost = lost(server);
            server.execute("DROP SCHEMA roomwire CASCADE");
            restore(server, dump);

            goesOn(server, old, lost);
        }
    }

    @Test
    void aDumpInTheEmptiedTables() throws Exception {
        try (TestPostgres server = DebianPostgres.start()) {
            Head old = said(server, room, "before");
            Path dump = dump(server);
            Head lost = lost(server);
            server.execute("DO $$ BEGIN EXECUTE (SELECT 'TRUNCATE ' || string_agg('roomwire.' || tablename, ', ')"
                    + " FROM pg_tables WHERE schemaname = 'roomwire'); END $$");
            restore(server, dump, "--data-only");

            goesOn(server, old, lost);
        }
    }

    @Test
    void aDumpOnAnotherServer() throws Exception {
        try (TestPostgres server = DebianPostgres.start();
                TestPostgres another = DebianPostgres.start()) {
            Head old = said(server, room, "before");
            Path dump = dump(server);
            Head lost = lost(server);
            restore(another, dump);

            goesOn(another, old, lost);
        }
    }

    @Test
    void aCopyOfTheDatabaseThatTookItsPlace() throws Exception {
        try (TestPostgres server = DebianPostgres.start()) {
            Head old = said(server, room, "before");
            server.executeIn("template1", "CREATE DATABASE backup TEMPLATE postgres");
            Head lost = lost(server);
            server.executeIn("template1", "ALTER DATABASE postgres RENAME TO broken");
            server.executeIn("template1", "ALTER DATABASE backup RENAME TO postgres");

            goesOn(server, old, lost);
        }
    }

    /** Its commits waited for a standby, so a promoted one would be believed to have all if somebody were there to say so. */
    @Test
    void aBaseBackupThatIsPromoted() throws Exception {
        try (TestPostgres server = DebianPostgres.start();
                TestPostgres backup = server.replica()) {
            server.waitForStandbys();
            Head old = said(server, room, "before");
            backup.receiveNothingMore();
            server.execute("ALTER SYSTEM RESET synchronous_standby_names");
            server.query("SELECT pg_reload_conf()");
            Head lost = lost(server);
            server.stop();
            backup.promote();

            goesOn(backup, old, lost);
            server.startAgain();
        }
    }

    @Test
    void aCopyOfItsFilesWhileANodeLivesThatKnowsLess() throws Exception {
        try (TestPostgres server = DebianPostgres.start()) {
            PostgresLog lives = log(server.config(1000, WEEK_MS));
            Head old = said(lives, room, "before");
            goesOn(lives, old, lostByFiles(server)); // by another node
        }
    }

    @Test
    void aDumpInPlaceOfTheTablesUnderANodeThatGoesOn() throws Exception {
        try (TestPostgres server = DebianPostgres.start()) {
            PostgresLog lives = log(server.config(1000, WEEK_MS));
            Head old = said(lives, room, "before");
            Path dump = dump(server);
            Head lost = lost(server); // by another node
            server.execute("DROP SCHEMA roomwire CASCADE");
            restore(server, dump);

            goesOn(lives, old, lost);
        }
    }

    /** What the backup will not have: messages of a room that it has, and a room. Gives where the first one stood. */
    private Head lost(TestPostgres server) throws Exception {
        said(server, younger, "lost");
        return said(server, room, "lost");
    }

    /** The stopped server's files are copied, and put back when more was said. */
    private Head lostByFiles(TestPostgres server) throws Exception {
        server.stop();
        Path backup = server.backup();
        server.startAgain();
        Head lost = lost(server);
        server.stop();
        server.restore(backup);
        server.startAgain();
        return lost;
    }

    /** A node comes that knows nothing, and goes. */
    private Head said(TestPostgres server, RoomId in, String what) throws Exception {
        try (PostgresLog node = log(server.config(1000, WEEK_MS))) {
            return said(node, in, what);
        }
    }

    /** Some messages are stored and read, and all that is read beside them is noted too. */
    private Head said(PostgresLog node, RoomId in, String what) throws Exception {
        for (int i = 1; i <= MESSAGES; i++) {
            Draft draft = draft(in, ALICE, what + "-" + i, "\"" + what + "-" + i + "\"");
            Receipt receipt = await().atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .until(() -> get(node.append(draft)), stored -> true);
            saw(
                    new Place(in, receipt.epoch(), receipt.seq()),
                    new String(draft.message().content(), UTF_8));
        }
        return read(node, in);
    }

    private Head read(PostgresLog node, RoomId in) throws Exception {
        Page page = await().atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> get(node.read(in, Range.behind(0, 100))), read -> true);
        for (Message message : page.messages()) {
            saw(new Place(in, page.head().epoch(), message.seq()), new String(message.content(), UTF_8));
        }
        return page.head();
    }

    private void saw(Place place, String content) {
        assertThat(seen.merge(place, content, (first, again) -> first))
                .as("%s stands for one message", place)
                .isEqualTo(content);
    }

    private void goesOn(TestPostgres server, Head old, Head lost) throws Exception {
        goesOn(log(server.config(1000, WEEK_MS)), old, lost);
    }

    private void goesOn(PostgresLog node, Head old, Head lost) throws Exception {
        assertThat(lost.seq()).isEqualTo(2L * MESSAGES);
        read(node, room);
        read(node, younger);
        Head after = said(node, room, "after");
        said(node, younger, "after");

        assertThat(after.seq()).isEqualTo(2L * MESSAGES);
        assertThat(after.began()).isEqualTo(MESSAGES);
        assertThat(after.epoch()).isNotIn(old.epoch(), lost.epoch());
        assertThat(after.before())
                .as("members of the epoch that lost something are told so")
                .contains(new PastEpoch(old.epoch(), MESSAGES, false));
    }

    private static Path dump(TestPostgres server) throws Exception {
        Path file = Files.createTempFile("roomwire", ".dump");
        file.toFile().deleteOnExit();
        DebianPostgres.client("pg_dump", server, "--format=custom", "--schema=roomwire", "--file=" + file);
        return file;
    }

    private static void restore(TestPostgres server, Path dump, String... how) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(how));
        arguments.add(dump.toString());
        DebianPostgres.client("pg_restore", server, arguments.toArray(String[]::new));
    }
}
