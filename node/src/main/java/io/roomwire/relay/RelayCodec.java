package io.roomwire.relay;

import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.UserId;
import io.roomwire.redis.RelayHeader;
import io.roomwire.redis.RelayHeader.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Decodes what comes on channels right out of the receive buffer: the one copy goes to where sockets send from. */
final class RelayCodec implements RedisCodec<String, Relayed> {
    private final RelayHeader header;
    private final FrameWriter writer;

    RelayCodec(RelayHeader header, FrameWriter writer) {
        this.header = header;
        this.writer = writer;
    }

    @Override
    public String decodeKey(ByteBuffer bytes) {
        return StringCodec.UTF8.decodeKey(bytes);
    }

    @Override
    public ByteBuffer encodeKey(String key) {
        return StringCodec.UTF8.encodeKey(key);
    }

    @Override
    public Relayed decodeValue(ByteBuffer bytes) {
        RelayHeader.Read read = header.read(bytes);
        if (read == null) {
            return Relayed.GARBAGE;
        }
        Head place = new Head(read.seq(), read.epoch());
        if (read.kind() == Kind.MESSAGE) {
            return read.own() ? Relayed.OWN : new Relayed(Kind.MESSAGE, place, writer.relayed(bytes), null);
        }
        if (read.kind() == Kind.PROBE) { // a node listens to its own alone
            return read.own() ? new Relayed(Kind.PROBE, place, null, null) : Relayed.GARBAGE;
        }
        if (read.kind() == Kind.HERE) {
            return new Relayed(Kind.HERE, place, null, null);
        }
        try {
            String user = StandardCharsets.UTF_8.decode(bytes).toString();
            return new Relayed(read.kind(), place, null, new UserId(user));
        } catch (RequestException e) { // an id that no node lets in
            return Relayed.GARBAGE;
        }
    }

    @Override
    public ByteBuffer encodeValue(Relayed value) {
        throw new UnsupportedOperationException("a pub/sub connection only listens");
    }
}
