package io.roomwire.test.browser;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.roomwire.test.cluster.TestNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A client of {@code roomwire.js} in a page of its own, by scripts; every event that it has is kept. For one thread. */
final class ClientScript implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Browser browser;

    private ClientScript(Browser browser) {
        this.browser = browser;
    }

    /** @param options as the constructor takes them */
    static ClientScript open(TestNode node, String options) {
        Browser browser = Browser.open(node.demo().resolve("/demo/favicon.svg")); // a page that does nothing by itself
        browser.driver().manage().timeouts().scriptTimeout(Browser.PATIENCE);
        browser.driver()
                .executeAsyncScript(
                        "const [url, options, done] = arguments;"
                                + "import('/demo/roomwire.js').then(({ Roomwire }) => {"
                                + "  window.client = new Roomwire(url, JSON.parse(options));"
                                + "  window.events = [];"
                                + "  for (const type of ['state', 'joined', 'message', 'gap', 'ack', 'failed', 'refused', 'direct', 'notice'])"
                                + "    client.addEventListener(type, ({ detail }) => events.push({ type, ...detail, event: type }));"
                                + "  done();"
                                + "})",
                        node.clients().toString(),
                        options);
        return new ClientScript(browser);
    }

    /** Runs a script with {@code client} in it and gives its value. */
    Object run(String script, Object... arguments) {
        return browser.driver().executeScript(script, arguments);
    }

    /** All events of a type so far, in their order. */
    List<JsonNode> events(String type) {
        List<JsonNode> found = new ArrayList<>();
        try {
            for (JsonNode each : JSON.readTree((String) run("return JSON.stringify(events)"))) {
                if (each.get("event").asText().equals(type)) {
                    found.add(each);
                }
            }
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
        return found;
    }

    /** Waits for so many events of a type, and gives them. */
    List<JsonNode> awaited(String type, int count) {
        await(count + " times " + type)
                .atMost(Browser.PATIENCE)
                .until(() -> events(type).size() >= count);
        return events(type);
    }

    String state() {
        return (String) run("return client.state");
    }

    void awaitState(String state, Duration within) {
        await("state " + state).atMost(within).until(() -> state().equals(state));
    }

    @Override
    public void close() {
        browser.close();
    }
}
