package io.roomwire.session;

import io.netty.buffer.ByteBuf;
import io.roomwire.auth.Grant;
import io.roomwire.auth.Revocations;
import io.roomwire.auth.Right;
import io.roomwire.config.Hook.Event;
import io.roomwire.history.Page;
import io.roomwire.history.RoomLog;
import io.roomwire.hook.BackEnd;
import io.roomwire.hook.Question;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.Request;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.UserId;
import io.roomwire.room.Rooms;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Pages of history for clients, whichever way they ask. Any thread may call. */
public final class History {
    /** Of the contents in one page: what waits for a slow client is bounded, and a page is written as one frame. */
    static final long MOST_BYTES = 1 << 20;

    private final Rooms rooms;
    private final RoomLog log;
    private final FrameWriter writer;
    private final BackEnd backEnd;
    private final Revocations revocations;

    History(Rooms rooms, RoomLog log, FrameWriter writer, BackEnd backEnd, Revocations revocations) {
        this.rooms = rooms;
        this.log = log;
        this.writer = writer;
        this.backEnd = backEnd;
        this.revocations = revocations;
    }

    /**
     * A page as clients get it.
     *
     * @param frame a whole {@code history} frame, the receiver's to release
     * @param tag the same for the same page, and never again for another
     * @param isSettled nothing that is sent later can change it; retention and erasure can
     */
    public record Answer(ByteBuf frame, String tag, boolean isSettled) {}

    /**
     * Reads for a client that is not in the room. Who could not join it must not read it either, so the back end is asked
     * as for a join.
     *
     * @return fails as {@link BackEnd#permit} does, and with {@code unauthorized} if the token was revoked meanwhile
     * @throws RequestException {@code forbidden} if the grant does not allow it
     */
    public CompletionStage<Answer> readFromOutside(Grant grant, Request.History request) {
        UserId me = grant.user();
        Rights.check(grant, me, request.room(), Right.HISTORY);
        if (request.room().isPersonal() || !backEnd.asks(Event.JOIN)) {
            return read(grant, me, request);
        }
        if (me == null) {
            throw new RequestException(
                    ErrorCode.FORBIDDEN, "the back end says who may join, and nobody knows who asks: join instead");
        }
        return backEnd.permit(new Question(Event.JOIN, me, request.room(), null))
                .thenCompose(allowed -> {
                    revocations.check(grant);
                    return read(grant, me, request);
                });
    }

    /**
     * Reads for a client that is in the room.
     *
     * @param me null: nobody knows who asks
     * @throws RequestException {@code forbidden} if the grant does not allow it
     */
    public CompletionStage<Answer> read(Grant grant, @Nullable UserId me, Request.History request) {
        Rights.check(grant, me, request.room(), Right.HISTORY);
        if (rooms.isEphemeral(request.room())) {
            return CompletableFuture.completedFuture(answer(request, new Page(List.of(), 1, Head.NONE)));
        }
        return log.read(request.room(), request.range().andOne().within(MOST_BYTES))
                .thenApply(page -> answer(request, page));
    }

    /** @param page with one message more than was asked for, if there is one */
    private Answer answer(Request.History request, Page page) {
        Range range = request.range();
        List<Message> messages = page.messages();
        boolean isOneMore = messages.size() > range.limit();
        boolean hasMore = isOneMore || page.cut();
        if (isOneMore) {
            messages = range.forward()
                    ? messages.subList(0, range.limit())
                    : messages.subList(messages.size() - range.limit(), messages.size());
        }
        boolean isFull = messages.size() == range.limit();
        boolean isPast =
                range.forward() ? hasMore : range.before() <= page.head().seq() + 1;
        return new Answer(
                writer.history(request.id(), request.room(), messages, hasMore, page.oldest()),
                tag(page, messages, hasMore),
                isFull && isPast && !range.isTimed());
    }

    /** A seq names one message in its epoch for ever, which changes but once: when it is erased. */
    private static String tag(Page page, List<Message> messages, boolean hasMore) {
        long first = messages.isEmpty() ? 0 : messages.get(0).seq();
        long erased = messages.stream().filter(Message::isErased).count();
        return page.head().epoch() + ":" + page.oldest() + ":" + first + "+" + messages.size() + "-" + erased
                + (hasMore ? ":more" : "");
    }
}
