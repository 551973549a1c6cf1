package io.roomwire.config;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** A text that no log line, message or page may show. */
public record Secret(String text) {
    private static final String MASK = "***";

    /**
     * Up to the last @ in front of the next URI, since a password may have any sign that was not encoded; and at the start of
     * a value that lacks its scheme.
     */
    private static final Pattern USER_INFO = Pattern.compile("(?s)(://|^\"?(?=[^@]*:))(?:(?!://).)*@");

    private static final Pattern PARAMETER = Pattern.compile("(?i)((?:ssl)?password=)[^&,\\s\"]*");

    /** A value as it may be shown. */
    static String masked(Key<?> key, String value) {
        if (key.secret()) {
            return value.equals("\"\"") ? value : MASK;
        }
        return withoutCredentials(value);
    }

    /** A URI, or several, as it may be shown, well-formed or not. */
    public static String withoutCredentials(String uri) {
        String plain = USER_INFO.matcher(uri).replaceAll("$1" + MASK + "@");
        return PARAMETER.matcher(plain).replaceAll("$1" + MASK);
    }

    /** UTF-8. */
    public byte[] bytes() {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    public boolean isEmpty() {
        return text.isEmpty();
    }

    @Override
    public String toString() {
        return MASK;
    }
}
