package io.roomwire.config;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Collects what is wrong with a configuration, so that who has to mend it is told all of it and not one fault a start.
 *
 * <p>For one thread.
 */
public final class Faults {
    /** A key that is wrong is met again by each check that reads it. */
    private final Set<String> lines = new LinkedHashSet<>();

    /** Makes one check; its {@link ConfigException} is kept. */
    public void in(Runnable check) {
        try {
            check.run();
        } catch (ConfigException e) {
            lines.add(e.getMessage());
        }
    }

    /** @throws ConfigException with all that was found, if anything was */
    public void refuse() {
        if (!lines.isEmpty()) {
            throw new ConfigException(String.join("\n", lines));
        }
    }
}
