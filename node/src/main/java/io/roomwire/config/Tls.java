package io.roomwire.config;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What clients see of who the node is.
 *
 * @param certificate its chain in PEM, the node's own first
 * @param key its private key in PEM (PKCS#8), without a password
 */
public record Tls(Path certificate, Path key) {
    /** Empty: the client port speaks plain WebSocket. */
    static Optional<Tls> of(Settings settings) {
        String certificate = settings.get(Keys.TLS_CERTIFICATE);
        String key = settings.get(Keys.TLS_KEY);
        if (certificate.isEmpty() && key.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                new Tls(file(settings, Keys.TLS_CERTIFICATE, certificate), file(settings, Keys.TLS_KEY, key)));
    }

    private static Path file(Settings settings, Key<String> key, String text) {
        try {
            Path file = Path.of(text);
            if (Files.isRegularFile(file) && Files.isReadable(file)) {
                return file;
            }
        } catch (InvalidPathException e) {
            // said below
        }
        throw settings.wrong(key, "a PEM file that can be read, since tls.certificate and tls.key go together");
    }
}
