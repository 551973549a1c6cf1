package io.roomwire.hook;

/** The back end gave no answer that can be used. The message says what it did, for the operator. */
final class HookException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean isAnswer;

    private HookException(String message, boolean isAnswer) {
        super(message, null, false, false); // any number of them may come, from one place
        this.isAnswer = isAnswer;
    }

    /** Nothing came of it, or a gateway's word that nothing did. */
    static HookException silence(String message) {
        return new HookException(message, false);
    }

    /** It has answered, by something that says neither yes nor no. */
    static HookException answer(String message) {
        return new HookException(message, true);
    }

    /** What a call ended with, by whatever stages it came. */
    static HookException of(Throwable error) {
        Throwable cause = error.getCause() == null ? error : error.getCause();
        return cause instanceof HookException known ? known : silence(cause.toString());
    }

    /** Whether it did answer; so it is there, and what it said is about this question alone. */
    boolean isAnswer() {
        return isAnswer;
    }
}
