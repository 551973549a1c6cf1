package io.roomwire.test.browser;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
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
        page.awaitText("#count", "in " + room);
    }

    @Test
    void aWrongKeyShowsNothingAndIsNotKept() {
        open();
        for (String wrong : new String[] {KEY + "x", "kein Schlüssel"}) {
            giveKey(wrong);
            page.awaitText("#trouble", "does not count");
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
        page.awaitText("#done", "bob is out of yard");
        bob.ping();
        order("eve", "Disconnect");
        assertThat(eve.expectClose().code()).isEqualTo(4504);
        page.awaitText("#count", "0 users in yard");

        page.one("#user").sendKeys("bob", Keys.ENTER);
        page.driver().switchTo().alert().accept();
        assertThat(bob.expectClose().code()).isEqualTo(4504);
        assertThat(page.complaintsBut(" 401 ")).isEmpty();
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
