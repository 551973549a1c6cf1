package io.roomwire.test.browser;

import static org.awaitility.Awaitility.await;

import io.roomwire.test.cluster.TestNode;
import java.util.List;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.Point;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.interactions.Actions;

/** The demo page in a browser of its own, as one person sees it. For one thread. */
final class DemoPage implements AutoCloseable {
    private final Browser browser;
    private final String user;

    private DemoPage(Browser browser, String user) {
        this.browser = browser;
        this.user = user;
    }

    static DemoPage open(TestNode node, String room, String user) {
        return new DemoPage(Browser.open(node.demo().resolve("#room=" + room + "&name=" + user)), user);
    }

    Browser browser() {
        return browser;
    }

    String state() {
        String state = browser.one("body").getDomAttribute("data-state");
        return state == null ? "" : state;
    }

    void awaitOpen() {
        await(user + " is connected").atMost(Browser.PATIENCE).until(() -> state().equals("open"));
    }

    void awaitNotOpen() {
        await(user + " has noticed").atMost(Browser.PATIENCE).until(() -> !state().equals("open"));
    }

    void say(String text) {
        browser.one("#message").sendKeys(text, Keys.ENTER);
    }

    /** How often a message of that text stands in the log, stored or not. */
    long shown(String text) {
        return count("#scroll li .text", text);
    }

    /** How often it stands there with its place in the room's log. */
    long stored(String sender, String text) {
        return count("li[data-seq][data-sender='" + sender + "'] .text", text);
    }

    private long count(String css, String text) {
        return browser.texts(css).stream().filter(text::equals).count();
    }

    void awaitOnce(String sender, String text) {
        await("\"" + text + "\" once at " + user)
                .atMost(Browser.PATIENCE)
                .until(() -> stored(sender, text) == 1 && shown(text) == 1);
    }

    void awaitMember(String name) {
        await(name + " is listed at " + user)
                .atMost(Browser.PATIENCE)
                .until(() -> browser.has("#members li[data-user='" + name + "']"));
    }

    /** Moves the pointer to there, as parts of the stage's size from its middle. */
    void point(double x, double y) {
        WebElement stage = browser.one("#stage");
        Dimension size = stage.getSize();
        new Actions(browser.driver())
                .moveToElement(stage, (int) (x * size.width), (int) (y * size.height))
                .perform();
    }

    /** Where the cursor of that person is drawn now, waited for. */
    Point cursorOf(String name) {
        String cursor = "#stage .cursor[data-user='" + name + "']";
        await("the cursor of " + name + " at " + user).atMost(Browser.PATIENCE).until(() -> browser.has(cursor));
        return browser.one(cursor).getRect().getPoint();
    }

    byte[] screenshot() {
        return browser.driver().getScreenshotAs(OutputType.BYTES);
    }

    /** What the page complained of in its console, but for the network: a node that is down is part of the test. */
    List<String> complaints() {
        return browser.complaintsBut("WebSocket connection to");
    }

    /** Waits until the page says that it needs a token, with a text that holds the part, and has a field for it. */
    void awaitAskedForToken(String part) {
        browser.awaitText("#trouble-text", part);
        await("a field for the token")
                .atMost(Browser.PATIENCE)
                .until(() -> browser.one("#token").isDisplayed());
    }

    void giveToken(String token) {
        WebElement field = browser.one("#token");
        field.clear();
        field.sendKeys(token, Keys.ENTER);
    }

    /** Who the page says that its person is. */
    String name() {
        return browser.one("#name").getDomProperty("value");
    }

    /** Whether the text stands anywhere that outlives the page: its address, what it stored. */
    boolean hasLeft(String text) {
        Object left = browser.driver()
                .executeScript("return location.href + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)"
                        + " + document.cookie + performance.getEntries().map((each) => each.name).join()");
        return String.valueOf(left).contains(text);
    }

    @Override
    public void close() {
        browser.close();
    }
}
