package io.roomwire.test.browser;

import static org.awaitility.Awaitility.await;

import io.roomwire.test.cluster.TestNode;
import java.io.File;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.Point;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;

/** The demo page in a browser of its own, as one person sees it. For one thread. */
final class DemoPage implements AutoCloseable {
    static final File BROWSER = new File("/usr/bin/chromium");
    static final File DRIVER = new File("/usr/bin/chromedriver");

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** It warns of each browser that is newer than itself; kept here, since loggers are held weakly. */
    private static final Logger PROTOCOL_VERSIONS = Logger.getLogger("org.openqa.selenium.devtools.CdpVersionFinder");

    static {
        PROTOCOL_VERSIONS.setLevel(Level.OFF);
    }

    private final ChromeDriver driver;
    private final String user;

    private DemoPage(ChromeDriver driver, String user) {
        this.driver = driver;
        this.user = user;
    }

    static DemoPage open(TestNode node, String room, String user) {
        ChromeOptions options = new ChromeOptions();
        options.setBinary(BROWSER);
        // A container's root has no sandbox, and its /dev/shm is small.
        options.addArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--lang=en");
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(DRIVER)
                .usingAnyFreePort()
                .build();
        DemoPage page = new DemoPage(new ChromeDriver(service, options), user);
        page.driver.manage().window().setSize(new Dimension(1280, 860));
        URI uri = node.demo().resolve("#room=" + room + "&name=" + user);
        page.driver.get(uri.toString());
        return page;
    }

    String state() {
        String state = driver.findElement(By.tagName("body")).getDomAttribute("data-state");
        return state == null ? "" : state;
    }

    void awaitOpen() {
        await(user + " is connected").atMost(PATIENCE).until(() -> state().equals("open"));
    }

    void awaitNotOpen() {
        await(user + " has noticed").atMost(PATIENCE).until(() -> !state().equals("open"));
    }

    void say(String text) {
        driver.findElement(By.id("message")).sendKeys(text, Keys.ENTER);
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
        try {
            return driver.findElements(By.cssSelector(css)).stream()
                    .filter(element -> element.getText().equals(text))
                    .count();
        } catch (StaleElementReferenceException movedMeanwhile) {
            return -1;
        }
    }

    void awaitOnce(String sender, String text) {
        await("\"" + text + "\" once at " + user)
                .atMost(PATIENCE)
                .until(() -> stored(sender, text) == 1 && shown(text) == 1);
    }

    void awaitMember(String name) {
        await(name + " is listed at " + user)
                .atMost(PATIENCE)
                .until(() -> has("#members li[data-user='" + name + "']"));
    }

    private boolean has(String css) {
        return !driver.findElements(By.cssSelector(css)).isEmpty();
    }

    /** Moves the pointer to there, as parts of the stage's size from its middle. */
    void point(double x, double y) {
        WebElement stage = driver.findElement(By.id("stage"));
        Dimension size = stage.getSize();
        new Actions(driver)
                .moveToElement(stage, (int) (x * size.width), (int) (y * size.height))
                .perform();
    }

    /** Where the cursor of that person is drawn now, waited for. */
    Point cursorOf(String name) {
        By cursor = By.cssSelector("#stage .cursor[data-user='" + name + "']");
        await("the cursor of " + name + " at " + user)
                .atMost(PATIENCE)
                .until(() -> !driver.findElements(cursor).isEmpty());
        return driver.findElement(cursor).getRect().getPoint();
    }

    byte[] screenshot() {
        return driver.getScreenshotAs(OutputType.BYTES);
    }

    /** What the page complained of in its console, but for the network: a node that is down is part of the test. */
    List<String> complaints() {
        return driver.manage().logs().get("browser").getAll().stream()
                .map(entry -> entry.getLevel() + " " + entry.getMessage())
                .filter(line -> line.startsWith("SEVERE") && !line.contains("WebSocket connection to"))
                .toList();
    }

    @Override
    public void close() {
        driver.quit();
    }
}
