package io.roomwire.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Encodes what a node says. Every buffer that comes from here is one whole frame, direct, and the caller's to release.
 *
 * <p>Stateless: any thread may call.
 */
public final class FrameWriter {
    /** What the fields around the content of a usual message take; a longer one grows the buffer once. */
    private static final int ENVELOPE_BYTES = 192;

    private static final int SMALL_BYTES = 128;
    private static final byte[] NULL = {'n', 'u', 'l', 'l'};

    private final ByteBufAllocator allocator;

    public FrameWriter(ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    /** A message as members get it: {@code broadcast}, or {@code direct} in a personal room. */
    public Frame message(RoomId room, Message message, long acceptedNs) {
        ByteBuf whole = frame(ENVELOPE_BYTES + message.content().length, out -> fields(addressed(out, room), message));
        return new Frame(whole, acceptedNs);
    }

    /** A message whose seq is not known yet, in the parts that somebody else joins to what {@link #message} writes. */
    public MessageParts parts(RoomId room, Message message) {
        ByteBuf out = allocator.heapBuffer(ENVELOPE_BYTES);
        try {
            JsonWriter json = addressed(out, room);
            json.open("content");
            int contentAt = out.readableBytes();
            envelope(json, message);
            json.open("seq");
            byte[] before = new byte[contentAt];
            out.readBytes(before);
            byte[] behind = new byte[out.readableBytes()];
            out.readBytes(behind);
            return new MessageParts(before, message.content(), behind);
        } finally {
            out.release();
        }
    }

    /** A frame of a peer's payload, which is copied once: behind the head, into the buffer that sockets get. */
    public Frame relayed(ByteBuffer payload) {
        return new Frame(frame(payload.remaining(), out -> out.writeBytes(payload)), 0);
    }

    private static JsonWriter addressed(ByteBuf out, RoomId room) {
        JsonWriter json = new JsonWriter(out);
        return room.isPersonal()
                ? json.text("type", "direct")
                : json.text("type", "broadcast").text("room_id", room.text());
    }

    private static void envelope(JsonWriter json, Message message) {
        json.text("sender", message.sender().text()).number("ts", message.ts());
        if (message.id() != null) {
            json.text("id", message.id());
        }
    }

    private static void fields(JsonWriter json, Message message) {
        if (message.isErased()) {
            json.raw("content", NULL).flag("erased", true);
        } else {
            json.raw("content", message.content());
        }
        envelope(json, message);
        if (message.seq() > 0) {
            json.number("seq", message.seq()); // last, so that whoever assigns it appends it (docs/architecture.md)
        }
        json.end();
    }

    /** {@code member_joined} or {@code member_left}. */
    public Frame member(RoomId room, UserId user, boolean joined) {
        ByteBuf whole = answer(
                joined ? "member_joined" : "member_left",
                null,
                json -> json.text("room_id", room.text()).text("user_id", user.text()));
        return new Frame(whole, 0);
    }

    /**
     * @param head where the room's log stands, null in an ephemeral room
     * @param resumption null if the client asked for no resume
     */
    public ByteBuf joined(
            @Nullable String id,
            RoomId room,
            UserId user,
            String connectionId,
            @Nullable Head head,
            @Nullable Resumption resumption) {
        return answer("joined", id, json -> {
            json.text("room_id", room.text()).text("user_id", user.text()).text("connection_id", connectionId);
            if (head != null) {
                json.number("seq", head.seq()).text("epoch", head.epoch());
            }
            if (resumption != null) {
                json.flag("recovered", resumption.recovered());
                if (resumption.elsewhere()) {
                    json.number("resumed_after", resumption.after());
                }
                if (resumption.uncertainAfter() != Resumption.NOWHERE) {
                    json.number("uncertain_after", resumption.uncertainAfter());
                }
            }
        });
    }

    public ByteBuf left(@Nullable String id, RoomId room) {
        return answer("left", id, json -> json.text("room_id", room.text()));
    }

    /** @param otherEpoch that of the seq, if it is another than that of the sender's {@code joined}; else empty */
    public ByteBuf ack(String id, RoomId room, long seq, String otherEpoch) {
        return answer("ack", id, json -> {
            json.text("room_id", room.text());
            if (seq > 0) {
                json.number("seq", seq);
            }
            if (!otherEpoch.isEmpty()) {
                json.text("epoch", otherEpoch);
            }
        });
    }

    /** The seqs {@code from} to {@code to}, both included, cannot be had any more. */
    public ByteBuf gap(RoomId room, long from, long to) {
        return answer(
                "gap",
                null,
                json -> json.text("room_id", room.text()).number("from", from).number("to", to));
    }

    /** The same for every member of the room. */
    public Frame gapForAll(RoomId room, long from, long to) {
        return new Frame(gap(room, from, to), 0);
    }

    /** @param oldest the oldest seq that can still be had, so that a client sees where retention cut */
    public ByteBuf history(
            @Nullable String id, RoomId room, Collection<Message> messages, boolean hasMore, long oldest) {
        return answer("history", id, json -> {
            json.text("room_id", room.text()).number("oldest", oldest);
            ByteBuf out = json.open("messages").writeByte('[');
            boolean first = true;
            for (Message message : messages) {
                if (!first) {
                    out.writeByte(',');
                }
                first = false;
                fields(new JsonWriter(out), message);
            }
            out.writeByte(']');
            json.flag("has_more", hasMore);
        });
    }

    /**
     * @param count all users of the room
     * @param members those that are listed, with the number of their connections
     */
    public ByteBuf presence(@Nullable String id, RoomId room, int count, Map<UserId, Integer> members) {
        return answer("presence", id, json -> {
            json.text("room_id", room.text()).number("count", count);
            ByteBuf out = json.open("members").writeByte('[');
            boolean first = true;
            for (Map.Entry<UserId, Integer> member : members.entrySet()) {
                if (!first) {
                    out.writeByte(',');
                }
                first = false;
                new JsonWriter(out)
                        .text("user_id", member.getKey().text())
                        .number("connections", member.getValue())
                        .end();
            }
            out.writeByte(']');
        });
    }

    public ByteBuf pong(@Nullable String id) {
        return answer("pong", id, json -> {});
    }

    public ByteBuf reconnect(long afterMs) {
        return answer("reconnect", null, json -> json.number("after_ms", afterMs));
    }

    /** @param expiresAtMs Unix milliseconds */
    public ByteBuf authenticated(@Nullable String id, UserId user, long expiresAtMs) {
        return answer(
                "authenticated", id, json -> json.text("user_id", user.text()).number("expires_at", expiresAtMs));
    }

    /** @param room where the error is about one, else null */
    public ByteBuf error(RequestException error, @Nullable String id, @Nullable RoomId room) {
        return answer("error", id, json -> {
            fields(json, error);
            if (room != null) {
                json.text("room_id", room.text());
            }
        });
    }

    /** An error as the body of an HTTP answer: without a frame's head, else the same. */
    public ByteBuf errorBody(RequestException error) {
        ByteBuf out = allocator.buffer(SMALL_BYTES);
        JsonWriter json = new JsonWriter(out).text("type", "error");
        fields(json, error);
        json.end();
        return out;
    }

    private static void fields(JsonWriter json, RequestException error) {
        json.text("code", error.code().wireName()).text("message", error.message());
        if (error.retryAfterMs() > 0) {
            json.number("retry_after_ms", error.retryAfterMs());
        }
    }

    private ByteBuf answer(String type, @Nullable String id, Consumer<JsonWriter> rest) {
        return frame(SMALL_BYTES, out -> {
            JsonWriter json = new JsonWriter(out).text("type", type);
            if (id != null) {
                json.text("id", id);
            }
            rest.accept(json);
            json.end();
        });
    }

    /** One frame; its buffer is not lost when writing it fails. */
    private ByteBuf frame(int payloadBytes, Consumer<ByteBuf> payload) {
        ByteBuf out = FrameHeader.open(allocator, payloadBytes);
        try {
            payload.accept(out);
            return FrameHeader.text(out, false);
        } catch (RuntimeException | Error e) { // growing a buffer may end in an OutOfMemoryError of Netty's own
            out.release();
            throw e;
        }
    }
}
