package io.roomwire.hook;

/** The back end gave no answer that can be used. The message says what it did, for the operator. */
final class HookException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    HookException(String message) {
        super(message, null, false, false); // any number of them may come, from one place
    }
}
