package io.roomwire.test.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import io.roomwire.test.bench.Dialect.Turn;
import io.roomwire.test.client.RawClient;
import io.roomwire.test.client.WireFrame;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One WebSocket client that costs little more than its reads: it looks for the stamp in messages, or in acks, and makes
 * no object a message. All its methods run on its event loop.
 */
final class Listener extends ChannelInboundHandlerAdapter {
    private static final int FIN = 0x80;
    private static final int MASKED = 0x80;
    private static final String END_OF_HEAD = "\r\n\r\n";

    /** Where the type of a node's frame begins: behind a brace, the name and a quotation mark. */
    private static final int TYPE_AT = 9;

    private final Audience audience;
    private final int number;
    private final Dialect dialect;
    private final String path;
    private final Iterator<Turn> turns;
    private @Nullable Turn turn;
    private boolean upgraded;
    private @Nullable ByteBuf rest;

    Listener(Audience audience, int number, Dialect dialect, List<String> rooms, String user) {
        this.audience = audience;
        this.number = number;
        this.dialect = dialect;
        path = dialect.path(rooms);
        turns = dialect.entry(rooms, user).iterator();
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        audience.opened(number, ctx.channel());
        ctx.writeAndFlush(Unpooled.copiedBuffer(RawClient.upgrade(path), StandardCharsets.US_ASCII));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        ByteBuf before = rest;
        if (before != null) {
            in = before.writeBytes(in);
            ReferenceCountUtil.release(message);
            rest = null;
        }
        if (upgraded || upgrade(ctx, in)) {
            frames(ctx, in);
        }
        if (in.isReadable()) {
            rest = ctx.alloc().buffer(in.readableBytes()).writeBytes(in);
        }
        in.release();
    }

    private boolean upgrade(ChannelHandlerContext ctx, ByteBuf in) {
        String head = in.toString(StandardCharsets.US_ASCII);
        int end = head.indexOf(END_OF_HEAD);
        if (end < 0) {
            return false;
        }
        if (!head.startsWith("HTTP/1.1 101")) {
            audience.broke(head.lines().findFirst().orElse("no answer"));
            ctx.close();
            return false;
        }
        in.skipBytes(end + END_OF_HEAD.length());
        upgraded = true;
        next(ctx.channel());
        return true;
    }

    /** Goes on to the next step of becoming a member, and makes it at once if nothing has to be heard for it. */
    private void next(Channel channel) {
        turn = turns.hasNext() ? turns.next() : null;
        if (turn == null) {
            audience.joined();
        } else if (turn.hears().equals(Turn.AT_ONCE)) {
            make(turn, channel);
        }
    }

    private void make(Turn made, Channel channel) {
        String says = made.says();
        if (says == null) {
            turn = null;
            audience.joined();
        } else {
            say(channel, dialect, says);
            next(channel);
        }
    }

    private void frames(ChannelHandlerContext ctx, ByteBuf in) {
        while (in.readableBytes() >= 2) {
            int at = in.readerIndex();
            int payload = at + 2;
            long length = in.getByte(at + 1) & 0x7f;
            if (length == 126 && in.readableBytes() >= 4) {
                length = in.getUnsignedShort(payload);
                payload += 2;
            } else if (length == 127 && in.readableBytes() >= 10) {
                length = in.getLong(payload);
                payload += 8;
            } else if (length > 125) {
                return;
            }
            if (in.writerIndex() - payload < length) {
                return;
            }
            int end = payload + Math.toIntExact(length);
            frame(ctx, in.getByte(at) & 0xf, in, payload, end);
            in.readerIndex(end);
        }
    }

    private void frame(ChannelHandlerContext ctx, int opcode, ByteBuf in, int from, int to) {
        if (opcode == WireFrame.TEXT || opcode == WireFrame.BINARY) {
            int mark = Stamp.find(in, from, to);
            if (mark < 0) {
                heard(ctx.channel(), in.toString(from, to - from, StandardCharsets.UTF_8));
            }
            for (; mark >= 0; mark = Stamp.find(in, mark + 1, to)) {
                if (isAck(in, from) == audience.hearsAcks()) {
                    audience.received(Stamp.nowNs() - Stamp.dueNs(in, mark));
                }
            }
        } else if (opcode == WireFrame.PING) {
            pong(ctx.channel(), in, from, to);
        } else if (opcode == WireFrame.CLOSE) {
            audience.broke("closed with " + in.getUnsignedShort(from));
            ctx.close();
        }
    }

    private boolean isAck(ByteBuf in, int from) {
        return dialect == Dialect.ROOMWIRE && in.getByte(from + TYPE_AT) == 'a';
    }

    private void heard(Channel channel, String text) {
        String reply = dialect.replies().get(text);
        if (reply != null) {
            say(channel, dialect, reply);
        } else if (dialect.isRefusal(text)) {
            audience.broke(text);
        } else if (turn != null && text.startsWith(turn.hears())) {
            make(turn, channel);
        }
    }

    /** Frames by one write, from any thread. */
    static void say(Channel channel, Dialect dialect, String... texts) {
        ByteBuf frames = channel.alloc().buffer();
        for (String text : texts) {
            byte[] payload = text.getBytes(StandardCharsets.UTF_8);
            begin(frames, dialect.isBinary() ? WireFrame.BINARY : WireFrame.TEXT, payload.length);
            frames.writeBytes(payload);
        }
        channel.writeAndFlush(frames);
    }

    private static void pong(Channel channel, ByteBuf ping, int from, int to) {
        ByteBuf frame = channel.alloc().buffer();
        begin(frame, WireFrame.PONG, to - from);
        channel.writeAndFlush(frame.writeBytes(ping, from, to - from));
    }

    /** Masked with a key of zeros, which RFC 6455 leaves to the client: the bytes stay as they are. */
    private static void begin(ByteBuf head, int opcode, int length) {
        head.writeByte(FIN | opcode);
        if (length < 126) {
            head.writeByte(MASKED | length);
        } else {
            head.writeByte(MASKED | 126).writeShort(length);
        }
        head.writeInt(0);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (rest != null) {
            rest.release();
            rest = null;
        }
        audience.left();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        audience.broke(cause.toString());
        ctx.close();
    }
}
