package io.roomwire.config;

import com.typesafe.config.ConfigFactory;
import java.util.Map;

/** Times as they are written in the configuration, for what is no key of it. */
public final class Times {
    private Times() {}

    /**
     * Milliseconds of a text such as {@code 1h}; more than none.
     *
     * @param name what the text was given as, for the complaint
     * @throws ConfigException if it is no such time
     */
    public static long millis(String name, String text) {
        try {
            long ms = ConfigFactory.parseMap(Map.of("time", text))
                    .getDuration("time")
                    .toMillis();
            if (ms > 0) {
                return ms;
            }
        } catch (com.typesafe.config.ConfigException | ArithmeticException e) {
            // The complaint below says it better.
        }
        throw new ConfigException(name + ": expected a time such as 1h, found " + text);
    }
}
