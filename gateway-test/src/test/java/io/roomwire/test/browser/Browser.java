package io.roomwire.test.browser;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/** Debian's Chromium with one page and a profile of its own. For one thread. */
final class Browser implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final File PROGRAM = new File("/usr/bin/chromium");
    private static final File DRIVER = new File("/usr/bin/chromedriver");

    /** It warns of each browser that is newer than itself; kept here, since loggers are held weakly. */
    private static final Logger PROTOCOL_VERSIONS = Logger.getLogger("org.openqa.selenium.devtools.CdpVersionFinder");

    static {
        PROTOCOL_VERSIONS.setLevel(Level.OFF);
    }

    private final ChromeDriver driver;

    private Browser(ChromeDriver driver) {
        this.driver = driver;
    }

    /** Skips the test where there is none, and says what to do. */
    static void needed() {
        if (!PROGRAM.canExecute() || !DRIVER.canExecute()) {
            String missing = "browser test skipped: apt-get install chromium chromium-driver, then it runs";
            System.out.println(missing);
            Assumptions.abort(missing);
        }
    }

    static Browser open(URI page) {
        ChromeOptions options = new ChromeOptions();
        options.setBinary(PROGRAM);
        // A container's root has no sandbox, and its /dev/shm is small.
        options.addArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--lang=en");
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(DRIVER)
                .usingAnyFreePort()
                .build();
        Browser browser = new Browser(new ChromeDriver(service, options));
        browser.driver.manage().window().setSize(new Dimension(1280, 860));
        browser.driver.get(page.toString());
        return browser;
    }

    ChromeDriver driver() {
        return driver;
    }

    WebElement one(String css) {
        return driver.findElement(By.cssSelector(css));
    }

    boolean has(String css) {
        return !driver.findElements(By.cssSelector(css)).isEmpty();
    }

    /** What the elements show, in their order; nothing while the page is changing under the look. */
    List<String> texts(String css) {
        try {
            return driver.findElements(By.cssSelector(css)).stream()
                    .map(WebElement::getText)
                    .toList();
        } catch (StaleElementReferenceException movedMeanwhile) {
            return List.of();
        }
    }

    /** Waits until one of the elements shows a text with that in it. */
    void awaitText(String css, String part) {
        await("\"" + part + "\" in " + css)
                .atMost(PATIENCE)
                .until(() -> texts(css).stream().anyMatch(text -> text.contains(part)));
    }

    /**
     * Shows the page as on another screen.
     *
     * @param width in CSS pixels, as the height: half of a window's is what a zoom of 200 % leaves
     * @param isPhone with a finger instead of a pointer
     */
    void screen(int width, int height, boolean isPhone) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 2, "mobile", isPhone));
        driver.executeCdpCommand("Emulation.setTouchEmulationEnabled", Map.of("enabled", isPhone));
        await("the page is as wide as the screen")
                .atMost(PATIENCE)
                .until(() -> number("return innerWidth") == width && number("return innerHeight") == height);
    }

    /** What the system of the person says of colours, such as forced-colors: active. */
    void prefers(String feature, String value) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia", Map.of("features", List.of(Map.of("name", feature, "value", value))));
    }

    long number(String script) {
        return ((Number) driver.executeScript(script)).longValue();
    }

    /** Whether somebody can bring it into view, and nothing lies over it there. */
    boolean canBeReached(String css) {
        return Boolean.TRUE.equals(driver.executeScript(
                "const e = document.querySelector(arguments[0]);"
                        + "if (!e) return false;"
                        + "e.scrollIntoView({ block: 'nearest', inline: 'nearest' });"
                        + "const b = e.getBoundingClientRect();"
                        + "const there = document.elementFromPoint(b.x + Math.min(b.width, 20) / 2, b.y + b.height / 2);"
                        + "return b.width > 0 && b.x >= 0 && b.right <= innerWidth + 1 && Boolean(there)"
                        + " && (e.contains(there) || there.contains(e));",
                css));
    }

    /** Whether it fits without being scrolled to the side. */
    boolean fitsInWidth() {
        return number("return document.documentElement.scrollWidth - innerWidth") <= 0;
    }

    /** What the page complained of in its console, but for what holds the text: it is part of the test. */
    List<String> complaintsBut(String expected) {
        return driver.manage().logs().get("browser").getAll().stream()
                .map(entry -> entry.getLevel() + " " + entry.getMessage())
                .filter(line -> line.startsWith("SEVERE") && !line.contains(expected))
                .toList();
    }

    @Override
    public void close() {
        driver.quit();
    }
}
