package io.roomwire.test.browser;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.security.Token;
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
}
