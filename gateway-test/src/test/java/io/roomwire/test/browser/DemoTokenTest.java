package io.roomwire.test.browser;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.cluster.Jar;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.security.Token;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The demo page of a node that asks for tokens. */
class DemoTokenTest {
    @AutoClose
    private final TestCluster cluster = Token.asked().start();

    @BeforeAll
    static void needsABrowser() {
        Browser.needed();
    }

    @Test
    void thePageAsksForATokenTakesAnotherIfItIsBadAndLeavesItNowhere() {
        String bad = Token.of("ada").all("*").signed("a secret of somebody else, who is no friend");
        String good = Token.of("ada").all("*").signed();
        try (DemoPage page = DemoPage.open(cluster.node(), "lobby", "somebody")) {
            page.awaitAskedForToken("asks who you are");
            page.giveToken(bad);
            page.awaitAskedForToken("did not take this token");
            page.giveToken(good);
            page.awaitOpen();

            page.awaitMember("ada");
            page.say("Here by token");
            page.awaitOnce("ada", "Here by token");
            assertThat(page.name()).as("the token names the user").isEqualTo("ada");
            assertThat(page.hasLeft("name=ada")).as("what it left is seen").isTrue();
            for (String token : new String[] {bad, good}) {
                assertThat(page.hasLeft(token)).isFalse();
            }
            assertThat(page.complaints()).isEmpty();
        }
    }

    private DemoPage open(String room, Token token) {
        return open(room, token.signed());
    }

    private DemoPage open(String room, String token) {
        DemoPage page = DemoPage.open(cluster.node(), room, "somebody");
        page.awaitAskedForToken("asks who you are");
        page.giveToken(token);
        page.awaitOpen();
        return page;
    }

    @Test
    void aRoomThatTheTokenDoesNotAllowIsSaidAndNobodyIsListed() {
        try (DemoPage page = open("lobby", Token.of("ada").all("team-*").all("cursors:*"))) {
            page.awaitAskedForToken("not in");
            page.browser().awaitText("#here", "not in this room");
            page.say("to nobody");
            page.browser().awaitText("#scroll .seq", "refused");
            page.giveToken(Token.of("ada").all("*").signed());
            page.awaitMember("ada");
            page.browser().awaitText("#here", "1 here now");
            assertThat(page.browser().one("#trouble").isDisplayed()).isFalse();
        }
    }

    @Test
    void whatElseTheTokenDoesNotAllowIsSaidWhereItWouldBe() {
        try (DemoPage page = open("lobby", Token.of("ada").can("lobby", "join", "write"))) {
            page.browser().awaitText("#here", "your token shows no list");
            page.browser().awaitText("#hint", "Pointers are not shared here");
            page.awaitMember("ada");
        }
    }

    /** Else the first thing that a reader tries looks broken. */
    @Test
    void theTokenOfTheReadmeIsGoodForTheWholePage() throws IOException {
        String line = Files.readAllLines(Path.of("..", "README.md")).stream()
                .filter(each -> each.startsWith("    deploy/roomwire token "))
                .findFirst()
                .orElseThrow();
        String[] arguments =
                line.strip().replace("deploy/roomwire ", "").replace("'", "").split(" ");
        String token = Jar.run(Map.of("ROOMWIRE_AUTH_JWT_SECRET", Token.SECRET), arguments)
                .out()
                .strip();
        try (DemoPage page = open("lobby", token)) {
            page.browser().awaitText("#here", "1 here now");
            page.say("Here by the README");
            page.awaitOnce("alice", "Here by the README");
            page.browser().awaitText("#hint", "Move here");
            assertThat(page.browser().one("#trouble").isDisplayed()).isFalse();
        }
    }
}
