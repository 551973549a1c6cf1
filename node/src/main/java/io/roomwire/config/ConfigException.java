package io.roomwire.config;

/**
 * Values that cannot be used. The message has one line for each: the key, what was expected, what was found, where it came
 * from.
 */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ConfigException(String message) {
        super(message);
    }
}
