package io.roomwire.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.roomwire.config.Config;
import io.roomwire.connection.Account;
import io.roomwire.connection.Connection;
import io.roomwire.connection.Loop;
import io.roomwire.connection.Turns;
import io.roomwire.protocol.CloseCode;
import io.roomwire.protocol.Deflate;
import io.roomwire.protocol.FrameHeader;
import io.roomwire.protocol.Inflation;
import io.roomwire.session.Session;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.DataFormatException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frames to messages: what RFC 6455 asks for beyond the single frame. Put together again, inflated, checked to be UTF-8
 * and within the limit, a message goes to the {@link Session}.
 *
 * <p>Who has cost much is read later ({@link Account}, docs/decisions/0025): its frames stay in the buffer, and what is
 * behind them in the socket.
 *
 * <p>One a connection, on its loop's thread. It is the decoder of its frames itself: a handler behind one would cost
 * each connection 88 bytes more.
 */
final class FrameHandler extends WebSocket13FrameDecoder implements Turns.Waiting {
    private static final Logger LOG = LoggerFactory.getLogger(FrameHandler.class);

    /** RSV1 marks a compressed message (RFC 7692, section 6); Netty hands the three bits on as one number. */
    private static final int RSV1 = 4;

    /** What a frame costs without content: some 100 ns. */
    private static final int FRAME_BYTES = 16;

    /** Of one message in a row: any that a client sends for a reason has come to its end by then. */
    private static final long INFLATING_NS = 500_000;

    private final Connection connection;
    private final Session session;
    private final int maxMessageBytes;

    /** The fragments of an unfinished message; null while there is none. */
    private @Nullable ByteBuf unfinished;

    private boolean unfinishedDeflated;

    /** A message that takes too long for one pass; nothing behind it is looked at meanwhile. Null while there is none. */
    private @Nullable Inflation inflating;

    private final Account account;

    /** A token is still to come, as far as the account knows. */
    private boolean stranger;

    /** What waits in the buffer for a turn of this connection; null while nothing does. */
    private @Nullable ChannelHandlerContext waiting;

    private boolean inTurn;
    private boolean handledOne;

    FrameHandler(WebSocketDecoderConfig frames, Connection connection, Session session, Config.Limits limits) {
        super(frames);
        this.connection = connection;
        this.session = session;
        this.maxMessageBytes = limits.messageBytes();
        account = new Account(limits.bytesPerSecond(), System.nanoTime());
        stranger = session.isStranger();
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
        if (waiting != null || (inTurn && handledOne)) {
            return; // it all stays in the buffer
        }
        long startNs = System.nanoTime();
        if (hasToWait(startNs)) {
            waiting = ctx;
            connection.holdForTurn(true);
            return;
        }
        super.decode(ctx, in, out);
        if (!out.isEmpty()) {
            WebSocketFrame frame = (WebSocketFrame) out.get(0); // one at a time, and none stays here
            out.clear();
            handledOne = true;
            try {
                handle(ctx, frame, startNs);
            } catch (RuntimeException e) { // thrown on, it would keep the frames behind this one for the end
                exceptionCaught(ctx, e);
            } finally {
                frame.release();
            }
            long nowNs = System.nanoTime();
            account.time(nowNs - startNs, nowNs);
            if (inflating != null) {
                waiting = ctx;
                if (!inTurn) {
                    connection.holdForTurn(true);
                    connection.loop().turns().enqueue(this);
                }
            }
        }
    }

    /** Sees to it that a turn comes, if so. */
    private boolean hasToWait(long nowNs) {
        if (stranger && !session.isStranger()) {
            stranger = false;
            account.settle(nowNs);
        }
        long waitMs = account.waitMs(nowNs);
        if (waitMs > 0) {
            Turns turns = connection.loop().turns();
            connection.loop().after(waitMs, () -> turns.enqueue(this));
            return true;
        }
        if (!inTurn && (stranger || account.isHeavy(nowNs))) {
            connection.loop().turns().enqueue(this);
            return true;
        }
        return false;
    }

    /** One frame of what is in the buffer; once that is no whole one, the socket is read again. */
    @Override
    public boolean turn() {
        ChannelHandlerContext ctx = waiting;
        if (ctx == null || ctx.isRemoved() || !ctx.channel().isActive()) {
            waiting = null;
            return false;
        }
        if (inflating != null) {
            goOnInflating(ctx, inflating);
            return inflating != null || (!ctx.isRemoved() && goesOn(ctx, true));
        }
        waiting = null;
        inTurn = true;
        handledOne = false;
        try {
            channelRead(ctx, Unpooled.EMPTY_BUFFER);
        } catch (Exception e) {
            exceptionCaught(ctx, e);
        }
        inTurn = false;
        if (inflating != null) {
            return true;
        }
        if (waiting != null || ctx.isRemoved()) {
            return false; // its debt is a reason to wait longer
        }
        return goesOn(ctx, handledOne);
    }

    /** Whether another turn is to come; if not, the socket is read again. */
    private boolean goesOn(ChannelHandlerContext ctx, boolean handled) {
        if (handled && actualReadableBytes() > 0) {
            waiting = ctx;
            return true;
        }
        waiting = null;
        connection.holdForTurn(false);
        return false;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        if (waiting == null) {
            super.channelReadComplete(ctx);
        } else { // there it would read on, since no frame came of what was read
            discardSomeReadBytes();
            ctx.fireChannelReadComplete();
        }
    }

    private void handle(ChannelHandlerContext ctx, WebSocketFrame frame, long nowNs) {
        connection.heard(nowNs);
        account.bytes((long) frame.content().readableBytes() + FRAME_BYTES, stranger, nowNs);
        if (connection.isClosing()) {
            if (frame instanceof CloseWebSocketFrame) {
                ctx.close();
            }
        } else if (!reservedBitsFit(frame)) {
            connection.close(CloseCode.PROTOCOL_ERROR, "reserved bits are set");
        } else if (frame instanceof CloseWebSocketFrame close) {
            closed(close);
        } else if (frame instanceof TextWebSocketFrame) {
            begin(frame);
        } else if (frame instanceof ContinuationWebSocketFrame) {
            go(frame);
        } else if (frame instanceof BinaryWebSocketFrame) {
            connection.close(CloseCode.UNSUPPORTED_DATA);
        } else if (frame instanceof PingWebSocketFrame && session.mayPing()) {
            connection.send(FrameHeader.pong(ctx.alloc(), frame.content()));
        }
    }

    /** With an extension on, Netty lets all reserved bits through (WebSocket08FrameDecoder). */
    private boolean reservedBitsFit(WebSocketFrame frame) {
        if (frame.rsv() == 0) {
            return true;
        }
        boolean begins = frame instanceof TextWebSocketFrame || frame instanceof BinaryWebSocketFrame;
        return frame.rsv() == RSV1 && connection.deflates() && begins;
    }

    private void begin(WebSocketFrame frame) {
        boolean deflated = frame.rsv() == RSV1;
        if (frame.isFinalFragment()) {
            message(frame.content(), deflated);
            return;
        }
        unfinished = frame.content().alloc().buffer(frame.content().readableBytes());
        unfinishedDeflated = deflated;
        go(frame);
    }

    private void go(WebSocketFrame frame) {
        ByteBuf message = unfinished;
        if (message == null) {
            connection.close(CloseCode.PROTOCOL_ERROR, "continuation of nothing");
            return;
        }
        if (message.readableBytes() + frame.content().readableBytes() > maxMessageBytes) {
            tooBig();
            return;
        }
        message.writeBytes(frame.content());
        if (frame.isFinalFragment()) {
            unfinished = null;
            try {
                message(message, unfinishedDeflated);
            } finally {
                message.release();
            }
        }
    }

    private void message(ByteBuf content, boolean deflated) {
        Loop loop = connection.loop();
        Deflate.Growing scratch = loop.scratch();
        int length = content.readableBytes();
        if (deflated) {
            account.bytes((long) length * Account.DEFLATED_PRICE, stranger, System.nanoTime());
            Inflation inflation = loop.deflate().begin(content, scratch, maxMessageBytes);
            if (!inflate(inflation)) {
                inflation.putAside();
                inflating = inflation;
            }
        } else {
            content.getBytes(content.readerIndex(), scratch.atLeast(length), 0, length);
            text(content, scratch.array(), length);
        }
    }

    private void goOnInflating(ChannelHandlerContext ctx, Inflation inflation) {
        long startNs = System.nanoTime();
        inflating = null; // first: what the message does may end the connection
        try {
            if (connection.isClosing()) {
                inflation.close();
            } else if (!inflate(inflation)) {
                inflating = inflation;
            }
        } catch (RuntimeException e) {
            exceptionCaught(ctx, e);
        }
        long nowNs = System.nanoTime();
        account.time(nowNs - startNs, nowNs);
    }

    /** Returns whether it has come to its end, and then closes it; else it is to go on when others had their turn. */
    private boolean inflate(Inflation inflation) {
        long startNs = System.nanoTime();
        int length;
        try {
            while (!inflation.step()) {
                if (System.nanoTime() - startNs > INFLATING_NS) {
                    return false;
                }
            }
            length = inflation.length();
        } catch (DataFormatException e) {
            inflation.close();
            connection.close(CloseCode.PROTOCOL_ERROR, "not compressed data of RFC 7692");
            return true;
        }
        inflation.close();
        account.bytes(length < 0 ? maxMessageBytes : length, stranger, System.nanoTime());
        if (length < 0) {
            tooBig();
        } else {
            text(Unpooled.wrappedBuffer(inflation.bytes(), 0, length), inflation.bytes(), length);
        }
        return true;
    }

    private void text(ByteBuf text, byte[] bytes, int length) {
        if (!ByteBufUtil.isText(text, text.readerIndex(), length, StandardCharsets.UTF_8)) {
            connection.close(CloseCode.INVALID_UTF8);
            return;
        }
        session.onText(bytes, length);
    }

    private void tooBig() {
        connection.close(CloseCode.TOO_BIG, "message is over limits.message-bytes, " + maxMessageBytes);
    }

    private void closed(CloseWebSocketFrame close) {
        int code = close.statusCode();
        if (code >= 0 && !CloseRules.maySend(code)) {
            connection.close(CloseCode.PROTOCOL_ERROR, "close code " + code + " may not be sent");
            return;
        }
        connection.closedByClient(Math.max(code, 0));
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        try {
            super.channelInactive(ctx);
        } finally {
            connection.disconnected();
        }
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
        if (unfinished != null) {
            unfinished.release();
            unfinished = null;
        }
        if (inflating != null) {
            inflating.close();
            inflating = null;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Throwable reason = cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause;
        if (reason instanceof CorruptedWebSocketFrameException corrupted) {
            connection.close(CloseRules.codeOf(corrupted), String.valueOf(corrupted.getMessage()));
        } else if (reason instanceof IOException) {
            ctx.close();
        } else {
            LOG.error(
                    "connection {} of {} is closed after an error that no code foresees: report this",
                    connection.id(),
                    ProxyProtocol.addressOf(ctx.channel()),
                    reason);
            ctx.close();
        }
    }
}
