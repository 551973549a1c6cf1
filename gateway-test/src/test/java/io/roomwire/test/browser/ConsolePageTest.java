package io.roomwire.test.browser;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;

/** The console on the operations port, in a real browser. */
class ConsolePageTest {
    private static final String KEY = "only-the-tests-know-this-key-no-1";

    @AutoClose
    private static final TestCluster CLUSTER =
            aCluster().environment("ROOMWIRE_OPS_KEYS", KEY).start();

    private final TestNode node = CLUSTER.node();

    @AutoClose
    private Browser page;

    @BeforeAll
    static void needsABrowser() {
        Browser.needed();
    }

    private void open() {
        page = Browser.open(node.ops().resolve("/console"));
    }

    private void giveKey(String key) {
        page.one("#key").clear();
        page.one("#key").sendKeys(key, Keys.ENTER);
    }

    private void enter() {
        open();
        giveKey(KEY);
        page.awaitText("#status", "ok");
    }

    private boolean showsNode() {
        return page.one("#inside").isDisplayed();
    }

    private Object stored() {
        return page.driver().executeScript("return JSON.stringify(sessionStorage) + JSON.stringify(localStorage)");
    }

    /** Clicks the order in the member's row, and yes. */
    private void order(String user, String name) {
        String row = "#members tr[data-id='" + user + "'] button";
        await(user + " is listed").atMost(Browser.PATIENCE).until(() -> page.has(row));
        page.driver().findElements(By.cssSelector(row)).stream()
                .filter(button -> button.getText().equals(name))
                .findFirst()
                .orElseThrow()
                .click();
        page.driver().switchTo().alert().accept();
    }

    private void show(String room) {
        page.one("#room").clear();
        page.one("#room").sendKeys(room, Keys.ENTER);
        page.awaitText("#count", "in " + room + " on all nodes");
    }

    @Test
    void aWrongKeyShowsNothingAndIsNotKept() {
        open();
        for (String wrong : new String[] {KEY + "x", "kein Schlüssel"}) {
            giveKey(wrong);
            page.awaitText("#trouble", "Wrong key");
            assertThat(showsNode()).isFalse();
            assertThat(stored()).isEqualTo("{}{}");
        }
    }

    @Test
    void aRightKeyShowsTheNodeAndItsRoomsAndIsKeptForTheTabAlone() {
        TestClient ada = TestClient.member(node, "lobby", "ada");
        ada.broadcast("lobby", "hello");
        ada.next("broadcast");
        enter();

        page.awaitText("#figures dd[data-of='Version']", node.version());
        page.awaitText("#figures dd[data-of='Connections now']", "1");
        page.awaitText("#figures dd[data-of='Delivered']", "1");
        page.awaitText("#parts dd[data-of='redis']", "off");
        page.awaitText("#rooms tr", "lobby");
        page.one("#rooms tr[data-id='lobby'] button").click();
        page.awaitText("#members tr", "ada");
        assertThat(page.texts("#rooms tr"))
                .as("personal rooms are nobody's business")
                .noneMatch(each -> each.contains("@"));
        assertThat(stored()).isEqualTo("{\"roomwire.ops-key\":\"" + KEY + "\"}{}");
        assertThat(page.driver().getCurrentUrl()).doesNotContain(KEY);

        page.driver().navigate().refresh();
        page.awaitText("#status", "ok");
        page.one("#forget").click();
        assertThat(showsNode()).isFalse();
        assertThat(stored()).isEqualTo("{}{}");
        assertThat(page.complaintsBut(" 401 ")).isEmpty();
    }

    @Test
    void itTakesAUserOutOfARoomAndDisconnectsOne() {
        TestClient bob = TestClient.member(node, "yard", "bob");
        TestClient eve = TestClient.member(node, "yard", "eve");
        enter();
        show("yard");

        order("bob", "Remove");
        assertThat(bob.next("left").get("room_id")).isEqualTo("yard");
        page.awaitText("#done", "\u2068bob\u2069 is out of \u2068yard\u2069");
        bob.ping();
        order("eve", "Disconnect");
        assertThat(eve.expectClose().code()).isEqualTo(4504);
        page.awaitText("#count", "0 users in yard");

        page.one("#user").sendKeys("bob", Keys.ENTER);
        page.driver().switchTo().alert().accept();
        assertThat(bob.expectClose().code()).isEqualTo(4504);
        assertThat(page.complaintsBut(" 401 ")).isEmpty();
    }

    @Test
    void aNodeThatAnswersIsNotSaidToBeSilent() {
        enter();
        List<String> first = page.texts("#figures dd[data-of='Runs for']");
        await("another look")
                .atMost(Browser.PATIENCE)
                .until(() -> !page.texts("#figures dd[data-of='Runs for']").equals(first));
        assertThat(page.one("#trouble").isDisplayed()).isFalse();
    }

    @Test
    void membersAreNarrowedDownAndOrdered() {
        for (String user : new String[] {"zoe", "adam", "eva", "eva"}) {
            TestClient.member(node, "hall", user).ignoreRest();
        }
        enter();
        show("hall");
        awaitMembers("adam", "eva", "zoe");
        page.one("#sort").sendKeys("by c");
        awaitMembers("eva", "adam", "zoe");
        page.one("#filter").sendKeys("A");
        awaitMembers("eva", "adam");
        page.awaitText("#count", "2 shown");
    }

    private void awaitMembers(String... names) {
        await("these members in this order")
                .atMost(Browser.PATIENCE)
                .until(() -> page.texts("#members td:first-child").equals(List.of(names)));
    }

    @Test
    void onAPhoneAllCanBeReachedAndWhatWasAskedForIsInView() {
        for (int i = 0; i < 20; i++) {
            TestClient.member(node, "phone-" + i, "ada-" + i).ignoreRest();
        }
        enter();
        page.screen(360, 640, true);
        await("rooms are listed").atMost(Browser.PATIENCE).until(() -> page.has("#rooms tr[data-id='phone-3'] button"));
        page.one("#rooms tr[data-id='phone-3'] button").click();
        page.awaitText("#count", "1 user in");
        await("the answer is in view")
                .atMost(Browser.PATIENCE)
                .until(() -> page.number("const b = document.querySelector('#members tr').getBoundingClientRect();"
                                + "return b.top >= 0 && b.bottom <= innerHeight ? 1 : 0")
                        == 1);
        for (String part : new String[] {"#forget", "#members button", "#room", "#user", "#rooms button"}) {
            assertThat(page.canBeReached(part)).as(part).isTrue();
        }
        assertThat(page.fitsInWidth()).isTrue();
    }

    @Test
    void figuresOfANodeThatDoesNotAnswerAreDimmedAndSayOfWhenTheyAre() {
        try (TestCluster mortal =
                aCluster().environment("ROOMWIRE_OPS_KEYS", KEY).start()) {
            page = Browser.open(mortal.node().ops().resolve("/console"));
            giveKey(KEY);
            page.awaitText("#status", "ok");
            assertThat(page.has("#inside.stale")).isFalse();
            mortal.node().kill();
            page.awaitText("#trouble", "does not answer");
            page.awaitText("#stale", "What you see below is of");
            assertThat(page.driver().executeScript("return getComputedStyle(document.querySelector('dd')).opacity"))
                    .isEqualTo("0.5");
            mortal.node().restart();
            await("it is fresh again").atMost(Browser.PATIENCE).until(() -> !page.has("#inside.stale"));
        }
    }

    /** Users choose their ids, and those of rooms. */
    @Test
    void idsWithMarkupAreShownAsText() {
        String id = "<img src=x onerror=document.title=1>";
        TestClient.member(node, id, id);
        enter();
        page.awaitText("#rooms tr", id);
        show(id);
        page.awaitText("#members tr", id);
        assertThat(page.has("img")).isFalse();
        assertThat(page.complaintsBut(" 401 ")).isEmpty();
    }
}
