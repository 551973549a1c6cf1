package io.roomwire.api;

import io.roomwire.config.OpsKeys;
import io.roomwire.config.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who may use the server API. Any thread may call. */
final class ApiKeys {
    private static final String SCHEME = "Bearer ";

    private final List<byte[]> keys;

    ApiKeys(OpsKeys config) {
        keys = config.all().stream().map(Secret::bytes).toList();
    }

    /** Whether there are none, so nobody may. */
    boolean areMissing() {
        return keys.isEmpty();
    }

    /**
     * Whether the header brings one of the keys. How long that takes says nothing of them.
     *
     * @param authorization the header (RFC 6750, section 2.1); null if there was none
     */
    boolean admit(@Nullable String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return false;
        }
        byte[] brought = authorization.substring(SCHEME.length()).strip().getBytes(StandardCharsets.UTF_8);
        boolean found = false;
        for (byte[] key : keys) {
            found |= MessageDigest.isEqual(brought, key);
        }
        return found;
    }
}
