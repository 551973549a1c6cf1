package io.roomwire.test.browser;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** The demo page on other screens, with other names and for other eyes. */
class DemoLookTest {
    /** From right to left: in a line of its own direction it would turn the rest of it. */
    private static final String SHULAMIT = "\u05e9\u05d5\u05dc\u05de\u05d9\u05ea";

    @AutoClose
    private static final TestCluster CLUSTER = aCluster().start();

    private final TestNode node = CLUSTER.node();

    private DemoPage page;
    private Browser browser;
    private TestClient other;

    @BeforeAll
    static void needsABrowser() {
        Browser.needed();
    }

    @BeforeEach
    void aPageAndSomebodyElse() {
        other = TestClient.member(node, "look", SHULAMIT).ignoreRest();
        page = DemoPage.open(node, "look", "ada");
        browser = page.browser();
        page.awaitOpen();
        page.awaitMember(SHULAMIT);
    }

    @AfterEach
    void end() {
        page.close();
        other.close();
    }

    @Test
    void zoomedBy200PercentRoomsMembersAndTheFieldCanBeReached() {
        browser.screen(640, 430, false);
        for (String part : List.of("#rooms a", "#room", "#stage", "#members li", "#here", "#message", "#name")) {
            assertThat(browser.canBeReached(part)).as(part).isTrue();
        }
        assertThat(browser.fitsInWidth()).isTrue();
    }

    @Test
    void onAPhoneRoomsMembersAndTheFieldCanBeReached() {
        browser.screen(360, 740, true);
        for (String part : List.of("#rooms a", "#room", "#stage", "#members li", "#message", "#name")) {
            assertThat(browser.canBeReached(part)).as(part).isTrue();
        }
        assertThat(browser.fitsInWidth()).isTrue();
    }

    @Test
    void namesAndTextsKeepTheirDirectionToThemselves() {
        other.broadcast("look", SHULAMIT + " 1");
        String text = "li[data-sender='" + SHULAMIT + "'] .text";
        browser.awaitText(text, "1");
        for (String isolated : List.of(
                "li[data-sender='" + SHULAMIT + "'] .who bdi",
                text,
                "#members li[data-user='" + SHULAMIT + "'] bdi",
                "#rooms a span",
                "#title")) {
            Object bidi = browser.driver()
                    .executeScript(
                            "return getComputedStyle(document.querySelector(arguments[0])).unicodeBidi", isolated);
            assertThat(String.valueOf(bidi)).as(isolated).contains("isolate");
        }
        assertThat(browser.driver()
                        .executeScript("return getComputedStyle(document.querySelector(arguments[0])).direction", text))
                .isEqualTo("rtl");
    }

    /** By nodes and never by markup. */
    @Test
    void addressesInMessagesAreLinksAndNothingElseIs() {
        other.broadcast("look", "See https://example.com/a?b=1&c=<b>, javascript:alert(1) and (http://example.org/x).");
        browser.awaitText("#scroll .text", "See");
        Object links = browser.driver()
                .executeScript(
                        "return [...document.querySelectorAll('#scroll .text a')].map((a) => a.href + ' ' + a.rel)");
        assertThat(links)
                .isEqualTo(List.of(
                        "https://example.com/a?b=1&c= noopener noreferrer nofollow",
                        "http://example.org/x noopener noreferrer nofollow"));
        assertThat(browser.has("#scroll b")).isFalse();
    }

    private void awaitInField() {
        await("the field has the focus")
                .atMost(Browser.PATIENCE)
                .until(() -> "message".equals(browser.driver().executeScript("return document.activeElement.id")));
    }

    @Test
    void whoComesSendsOrChangesTheRoomIsInTheField() {
        awaitInField();
        browser.one("#message").sendKeys("sent by the button");
        browser.one("#composer button").click();
        page.awaitOnce("ada", "sent by the button");
        awaitInField();
        browser.one("#rooms a[data-room='games']").click();
        browser.awaitText("#title", "games");
        awaitInField();
        browser.one("#room").sendKeys("chess", Keys.ENTER);
        browser.awaitText("#title", "chess");
        awaitInField();
    }

    @Test
    void coloursOfNamesThatAreSeenTogetherAreFarApart() {
        browser.driver().manage().timeouts().scriptTimeout(Browser.PATIENCE);
        Object closest = browser.driver()
                .executeAsyncScript("const done = arguments[0];"
                        + "import('/demo/hues.js').then(({ Hues }) => {"
                        + "  let closest = 360;"
                        + "  for (let turn = 0; turn < 50; turn++) {"
                        + "    const hues = new Hues();"
                        + "    const got = [...Array(8).keys()].map((i) => hues.of(`guest-${turn}-${i}`));"
                        + "    got.forEach((a, i) => got.slice(i + 1).forEach((b) => {"
                        + "      closest = Math.min(closest, Math.abs(a - b), 360 - Math.abs(a - b));"
                        + "    }));"
                        + "    if (hues.of(`guest-${turn}-0`) !== got[0]) closest = -1;"
                        + "  }"
                        + "  done(closest);"
                        + "})");
        assertThat(((Number) closest).intValue()).isGreaterThanOrEqualTo(20);
    }

    /** There fills go away: what only they tell would be told no more. */
    @Test
    void withForcedColoursTheConnectionAndTheMembersAreStillMarked() {
        browser.prefers("forced-colors", "active");
        String ink = String.valueOf(browser.driver().executeScript("return getComputedStyle(document.body).color"));
        for (String css : List.of(".wire|", "#status|::before", "#members li[data-user]|::before")) {
            String[] part = css.split("\\|", -1);
            Object fill = browser.driver()
                    .executeScript(
                            "return getComputedStyle(document.querySelector(arguments[0]), arguments[1] || undefined)"
                                    + ".backgroundColor",
                            part[0],
                            part[1]);
            assertThat(fill).as(css).isEqualTo(ink);
        }
    }
}
