package io.roomwire;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;

/** What a node says from outside its process, on its operations port. Any thread may call; the call waits. */
final class Readiness {
    /** A node that does not answer within that is not well; under the second or two that health checks are given. */
    private static final int TIMEOUT_MS = 1000;

    private Readiness() {}

    /** @param text the node's own words, one line */
    record Answer(boolean ready, String text) {}

    /**
     * Asks {@code /ready}.
     *
     * @param hostAndPort where the operations port is
     * @throws IOException if nobody answers; the message says where
     */
    static Answer ask(String hostAndPort) throws IOException {
        URL url = URI.create("http://" + hostAndPort + "/ready").toURL();
        try {
            // The proxy of the environment is for other machines.
            HttpURLConnection connection = (HttpURLConnection) url.openConnection(Proxy.NO_PROXY);
            connection.setConnectTimeout(TIMEOUT_MS);
            connection.setReadTimeout(TIMEOUT_MS);
            boolean ready = connection.getResponseCode() == HttpURLConnection.HTTP_OK;
            try (InputStream body = ready ? connection.getInputStream() : connection.getErrorStream()) {
                String text = body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8);
                return new Answer(ready, text.isBlank() ? "HTTP " + connection.getResponseCode() : text.strip());
            }
        } catch (IOException e) {
            throw new IOException("no node answers at " + url + ": " + e.getMessage(), e);
        }
    }
}
