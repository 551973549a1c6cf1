package io.roomwire.protocol;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/**
 * A page of a room's log: up to {@code limit} messages with {@code after < seq < before}, from the low end if
 * {@code forward}, else from the high end. Either way the page is oldest first.
 *
 * @param sinceMs also none that stands before the first message of that time, milliseconds since 1970; 0 for no bound
 * @param untilMs also none from the first message of that time on; {@link #END} for no bound
 * @param mostBytes of the contents together, where a page ends early; the first message fits whatever its size
 * @param bare the contents are not asked for: the same messages, which may have others, empty only where they were erased
 */
public record Range(
        long after, long before, long sinceMs, long untilMs, int limit, boolean forward, long mostBytes, boolean bare) {
    /** Larger than any seq and any time. */
    public static final long END = Long.MAX_VALUE;

    private static final int DEFAULT_LIMIT = 50;
    private static final int MAX_LIMIT = 500;
    private static final int MAX_YEAR = 9999;

    /** Without a bound in bytes. */
    public Range(long after, long before, long sinceMs, long untilMs, int limit, boolean forward) {
        this(after, before, sinceMs, untilMs, limit, forward, END, false);
    }

    /** Without bounds in time and in bytes. */
    public Range(long after, long before, int limit, boolean forward) {
        this(after, before, 0, END, limit, forward);
    }

    /** What follows behind a seq. */
    public static Range behind(long after, int limit) {
        return new Range(after, END, limit, true);
    }

    /** What stands right before a seq. */
    public static Range upTo(long before, int limit) {
        return new Range(0, before, limit, false);
    }

    /**
     * What a client asked for, null where it asked for nothing: all bounds hold together; from the low end if that is
     * where a bound is and {@code before} is none.
     *
     * @param since RFC 3339, section 5.6
     * @throws RequestException {@code bad_request} that names the field
     */
    public static Range asked(
            @Nullable Long before,
            @Nullable Long after,
            @Nullable String since,
            @Nullable String until,
            @Nullable Long limit) {
        if (before != null && after != null) {
            throw bad("before and after exclude each other");
        }
        if (limit != null && (limit < 1 || limit > MAX_LIMIT)) {
            throw bad("limit is " + limit + ", expected 1 to " + MAX_LIMIT);
        }
        long sinceMs = since == null ? 0 : timeMs("since", since);
        long untilMs = until == null ? END : timeMs("until", until);
        if (sinceMs >= untilMs) {
            throw bad("since has to be earlier than until");
        }
        return new Range(
                after == null ? 0 : after,
                before == null ? END : before,
                sinceMs,
                untilMs,
                limit == null ? DEFAULT_LIMIT : limit.intValue(),
                after != null || (since != null && before == null));
    }

    /** Up to the next whole millisecond: "not before" and "before" a time within one both mean that. */
    private static long timeMs(String field, String text) {
        try {
            OffsetDateTime time = OffsetDateTime.parse(text);
            if (time.getYear() >= 0 && time.getYear() <= MAX_YEAR) {
                Instant instant = time.toInstant();
                return Math.max(0, instant.plusNanos(999_999).toEpochMilli());
            }
        } catch (DateTimeException e) {
            // told below
        }
        throw bad(field + " is no time of RFC 3339, such as 2026-01-31T12:00:00Z");
    }

    private static RequestException bad(String message) {
        return new RequestException(ErrorCode.BAD_REQUEST, message);
    }

    /** Whether the page is bounded by times too, which only the log can turn into seqs. */
    public boolean isTimed() {
        return sinceMs > 0 || untilMs < END;
    }

    /** The same page with its times turned into seqs. */
    public Range between(long firstSeq, long firstSeqBehind) {
        return new Range(
                Math.max(after, firstSeq - 1),
                Math.min(before, firstSeqBehind),
                0,
                END,
                limit,
                forward,
                mostBytes,
                bare);
    }

    /** The same page with one message more, to see whether there is one. */
    public Range andOne() {
        return new Range(after, before, sinceMs, untilMs, limit + 1, forward, mostBytes, bare);
    }

    /** The same page, which ends before its contents are more than that many bytes. */
    public Range within(long bytes) {
        return new Range(after, before, sinceMs, untilMs, limit, forward, bytes, bare);
    }

    /** The same page without its contents. */
    public Range withoutContents() {
        return new Range(after, before, sinceMs, untilMs, limit, forward, mostBytes, true);
    }
}
