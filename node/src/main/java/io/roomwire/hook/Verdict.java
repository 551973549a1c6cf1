package io.roomwire.hook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What the back end said.
 *
 * @param reason for a person; empty if it gave none
 * @param keepNs how long it may be taken for the answer to the same question; 0: not at all
 */
record Verdict(boolean allow, String reason, long keepNs) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_REASON_CHARS = 200;
    private static final long MAX_KEEP_S = TimeUnit.DAYS.toSeconds(1);

    /**
     * By these a gateway or balancer says that nothing answered it: Bad Gateway, Service Unavailable, Gateway Timeout (RFC
     * 9110, section 15.6).
     */
    private static final Set<Integer> NOBODY_THERE = Set.of(502, 503, 504);

    /** @throws HookException if it is neither a yes nor a no */
    static Verdict read(int status, String body) {
        if (status != 200) {
            String said = "status " + status + " and not 200";
            throw NOBODY_THERE.contains(status) ? HookException.silence(said) : HookException.answer(said);
        }
        JsonNode json;
        try {
            json = JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw HookException.answer("an answer that is no JSON");
        }
        if (!json.path("allow").isBoolean()) {
            throw HookException.answer("an answer whose allow is neither true nor false");
        }
        String reason = json.path("reason").asText("");
        long keepS = Math.max(0, Math.min(MAX_KEEP_S, json.path("cache_s").asLong(0)));
        return new Verdict(
                json.path("allow").booleanValue(),
                reason.substring(0, Math.min(MAX_REASON_CHARS, reason.length())),
                TimeUnit.SECONDS.toNanos(keepS));
    }
}
