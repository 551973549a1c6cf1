package io.roomwire.test.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Ends the clients of a test, and fails it if one of them got a frame, or an end, that the test has not read. JUnit finds
 * and calls it by itself, so no test can forget it; {@link TestClient#ignoreRest} is the way out.
 */
public final class NothingUnread implements AfterEachCallback {
    private static final Set<TestClient> CLIENTS = ConcurrentHashMap.newKeySet();

    static void watch(TestClient client) {
        CLIENTS.add(client);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        List<TestClient> clients = List.copyOf(CLIENTS);
        CLIENTS.clear();
        try {
            if (context.getExecutionException().isEmpty()) {
                check(clients);
            }
        } finally {
            clients.forEach(TestClient::abandon);
        }
    }

    static void check(List<TestClient> clients) {
        // Twice: after the first round the node has handled what each of them sent, after the second what that sent to
        // the others is here.
        for (int round = 0; round < 2; round++) {
            String fence = "fence-" + round;
            clients.forEach(client -> client.sendFence(fence));
            clients.forEach(client -> client.awaitFence(fence));
        }
        List<String> leftovers = new ArrayList<>();
        for (TestClient client : clients) {
            String leftover = client.leftover();
            if (leftover != null) {
                leftovers.add(leftover);
            }
        }
        if (!leftovers.isEmpty()) {
            throw new AssertionError("after the test, clients had " + String.join("\nand ", leftovers));
        }
    }
}
