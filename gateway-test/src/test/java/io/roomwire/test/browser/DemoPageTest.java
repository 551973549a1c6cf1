package io.roomwire.test.browser;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Point;

/** Two people with the demo page. Needs Debian's chromium and chromium-driver, and says so where they are missing. */
class DemoPageTest {
    @AutoClose
    private TestCluster cluster;

    @AutoClose
    private DemoPage ada;

    @AutoClose
    private DemoPage bob;

    private TestNode node;

    @BeforeAll
    static void needsABrowser() {
        Browser.needed();
    }

    @BeforeEach
    void twoPages() {
        cluster = aCluster().start();
        node = cluster.node();
        ada = DemoPage.open(node, "lobby", "ada");
        bob = DemoPage.open(node, "lobby", "bob");
        ada.awaitOpen();
        bob.awaitOpen();
    }

    @Test
    void twoPagesTalkAndMissNothingWhileTheNodeIsRestarted() throws IOException {
        ada.awaitMember("bob");
        bob.awaitMember("ada");
        say(ada, "ada", "Good morning from the first page");
        say(bob, "bob", "Good morning from the second page");

        bob.point(-0.3, -0.2);
        Point before = ada.cursorOf("bob");
        bob.point(0.25, 0.2);
        await("the cursor moves").atMost(Duration.ofSeconds(10)).until(() -> ada.cursorOf("bob").x > before.x + 20);
        saveScreenshot();

        node.kill();
        ada.awaitNotOpen();
        bob.awaitNotOpen();
        ada.say("Written while the node was down");
        assertThat(ada.shown("Written while the node was down")).isEqualTo(1);
        assertThat(ada.stored("ada", "Written while the node was down")).isZero();
        node.restart();
        ada.awaitOpen();
        bob.awaitOpen();

        say(bob, "bob", "Written when it was back");
        for (DemoPage page : List.of(ada, bob)) {
            page.awaitOnce("ada", "Good morning from the first page");
            page.awaitOnce("bob", "Good morning from the second page");
            page.awaitOnce("ada", "Written while the node was down");
            page.awaitOnce("bob", "Written when it was back");
            page.awaitMember("ada");
            page.awaitMember("bob");
            assertThat(page.complaints()).isEmpty();
        }
    }

    private void say(DemoPage page, String user, String text) {
        page.say(text);
        ada.awaitOnce(user, text);
        bob.awaitOnce(user, text);
    }

    /** The README's picture, when it is asked for: -Droomwire.screenshot=true. */
    private void saveScreenshot() throws IOException {
        if (!Boolean.getBoolean("roomwire.screenshot")) {
            return;
        }
        TestClient grace = TestClient.member(node, "lobby", "grace").ignoreRest();
        grace.join("cursors:lobby");
        grace.broadcast("lobby", "And from a terminal. Who has the other cursor?");
        say(bob, "bob", "Me. Pull the plug, I go on writing");
        say(ada, "ada", "It came, once, and in its place");
        ada.point(-0.2, 0.25);
        bob.point(0.2, -0.15);
        grace.tell("broadcast", "room_id", "cursors:lobby", "content", Map.of("x", 0.3, "y", 0.25, "tab", "terminal"));
        ada.cursorOf("bob");
        ada.cursorOf("grace");
        Path file = Path.of("..", "docs", "demo.png");
        Files.createDirectories(file.getParent());
        Files.write(file, ada.screenshot());
    }
}
