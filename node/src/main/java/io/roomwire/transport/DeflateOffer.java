package io.roomwire.transport;

import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Offers of {@code permessage-deflate} and the answer to them, as pure functions (RFC 7692, section 7.1).
 *
 * <p>Netty's reader of extensions keeps one of two parameters of the same name, and takes any value.
 */
final class DeflateOffer {
    private static final String NAME = "permessage-deflate";

    /** A server that answers with both keeps no window between messages; see {@code Deflate}. */
    private static final String ANSWER = NAME + "; server_no_context_takeover; client_no_context_takeover";

    private static final String SERVER_WINDOW = "server_max_window_bits";

    /** A name, and perhaps a number, which may be quoted (RFC 6455, section 9.1): no parameter has another value. */
    private static final Pattern PARAMETER = Pattern.compile("([a-z_]+)(?:\\s*=\\s*(\"?)([0-9]+)\\2)?");

    private static final Pattern WINDOW_BITS = Pattern.compile("[89]|1[0-5]");

    private DeflateOffer() {}

    /**
     * The value of {@code Sec-WebSocket-Extensions} that takes the first offer that we can keep, or null if there is none.
     *
     * @param offers the client's values of that header, with commas between them
     */
    static @Nullable String answer(String offers) {
        for (String offer : offers.split(",", -1)) {
            String answer = answerOne(offer.split(";", -1));
            if (answer != null) {
                return answer;
            }
        }
        return null;
    }

    private static @Nullable String answerOne(String[] nameAndParameters) {
        if (!nameAndParameters[0].strip().equalsIgnoreCase(NAME)) {
            return null;
        }
        Set<String> seen = new HashSet<>();
        for (int i = 1; i < nameAndParameters.length; i++) {
            Matcher parameter = PARAMETER.matcher(nameAndParameters[i].strip());
            if (!parameter.matches()
                    || !seen.add(parameter.group(1))
                    || !canKeep(parameter.group(1), parameter.group(3))) {
                return null;
            }
        }
        // Who names a window for us is accepted by naming it too (section 7.1.2.1).
        return seen.contains(SERVER_WINDOW) ? ANSWER + "; " + SERVER_WINDOW + "=15" : ANSWER;
    }

    /** A smaller window than zlib's full one is the only legal wish that we cannot fulfil. */
    private static boolean canKeep(String name, @Nullable String value) {
        return switch (name) {
            case "server_no_context_takeover", "client_no_context_takeover" -> value == null;
            case SERVER_WINDOW -> "15".equals(value);
            case "client_max_window_bits" ->
                value == null || WINDOW_BITS.matcher(value).matches();
            default -> false;
        };
    }
}
