package io.roomwire.config;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The keys of who may give orders by the operations port; several, so that one can be replaced while another counts. */
public record OpsKeys(List<Secret> all) {
    private static final int MIN_CHARS = 32;

    /** What a header can carry without doubt. */
    private static final Pattern USABLE = Pattern.compile("[!-~]{" + MIN_CHARS + ",}");

    /** Whether nobody may. */
    public boolean isEmpty() {
        return all.isEmpty();
    }

    static OpsKeys of(Settings settings) {
        String text = settings.get(Keys.OPS_KEYS).text().strip();
        List<Secret> keys = text.isEmpty()
                ? List.of()
                : Stream.of(text.split("[\\s,]+", -1)).map(Secret::new).toList();
        if (!keys.stream().allMatch(key -> USABLE.matcher(key.text()).matches())) {
            throw settings.wrong(
                    Keys.OPS_KEYS,
                    "keys of at least " + MIN_CHARS + " visible characters of ASCII, with commas or line ends between"
                            + " them, as `openssl rand -base64 48` makes them");
        }
        return new OpsKeys(keys);
    }
}
