package io.roomwire.session;

import io.roomwire.history.LogUnavailableException;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.RequestException;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a client is told of a stage that failed. Any thread may call. */
public final class Failure {
    private static final Logger LOG = LoggerFactory.getLogger(Failure.class);

    private Failure() {}

    /** The answer; a failure that no code foresees is logged, and is {@code internal} for the client. */
    public static RequestException told(@Nullable Throwable error) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        if (cause instanceof RequestException request) {
            return request;
        }
        if (cause instanceof LogUnavailableException) {
            return new RequestException(
                    ErrorCode.UNAVAILABLE, "not now, safe to send again with the same id: " + cause.getMessage());
        }
        LOG.error("a request failed in a way that no code foresees: report this", cause);
        return new RequestException(ErrorCode.INTERNAL, "internal error, the node has logged it");
    }
}
