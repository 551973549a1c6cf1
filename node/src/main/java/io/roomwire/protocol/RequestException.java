package io.roomwire.protocol;

import org.jspecify.annotations.Nullable;

/**
 * A request that is answered with an {@code error} frame. The message is for the client's developer: it names the field.
 *
 * <p>Carries no stack trace: it is an answer, and clients can cause any number of them.
 */
public final class RequestException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final long retryAfterMs;
    private final @Nullable String requestId;

    public RequestException(ErrorCode code, String message) {
        this(code, message, 0, null);
    }

    private RequestException(ErrorCode code, String message, long retryAfterMs, @Nullable String requestId) {
        super(message, null, false, false);
        this.code = code;
        this.retryAfterMs = retryAfterMs;
        this.requestId = requestId;
    }

    /** Too fast: come back after that many milliseconds. */
    public static RequestException rateLimited(long retryAfterMs) {
        return rateLimited("too many requests: wait for retry_after_ms", retryAfterMs);
    }

    /** As {@link #rateLimited(long)}, of something else than requests. */
    public static RequestException rateLimited(String message, long retryAfterMs) {
        return new RequestException(ErrorCode.RATE_LIMITED, message, retryAfterMs, null);
    }

    /** The same error, answering the request of that id (null: the id is not known). */
    RequestException answering(@Nullable String id) {
        return new RequestException(code, message(), retryAfterMs, id);
    }

    public ErrorCode code() {
        return code;
    }

    /** What was expected and what was found. */
    public String message() {
        String message = getMessage();
        return message == null ? code.wireName() : message;
    }

    /** Milliseconds, or 0 where waiting does not help. */
    public long retryAfterMs() {
        return retryAfterMs;
    }

    /** The request's {@code id}, where the request was refused before it could be handed on; else null. */
    public @Nullable String requestId() {
        return requestId;
    }
}
