package io.roomwire.test.cluster;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Cuts what a Redis says into its values, each with the bytes that it came in; RESP2 and RESP3. */
final class RespValues extends ByteToMessageDecoder {
    private static final int NOT_ALL_THERE = -1;
    private static final int LINE_END = 2;

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        int end = end(in, in.readerIndex());
        if (end != NOT_ALL_THERE) {
            out.add(in.readRetainedSlice(end - in.readerIndex()));
        }
    }

    /** Where the value that begins there ends. */
    private static int end(ByteBuf in, int at) {
        int lineEnd = at < in.writerIndex() ? in.indexOf(at, in.writerIndex(), (byte) '\n') : -1;
        if (lineEnd < 0) {
            return NOT_ALL_THERE;
        }
        int next = lineEnd + 1;
        return switch (in.getByte(at)) {
            case '$', '=', '!' -> {
                int length = number(in, at + 1, lineEnd - 1);
                int end = length < 0 ? next : next + length + LINE_END;
                yield end <= in.writerIndex() ? end : NOT_ALL_THERE;
            }
            case '*', '~', '>' -> end(in, next, number(in, at + 1, lineEnd - 1));
            case '%' -> end(in, next, 2 * number(in, at + 1, lineEnd - 1));
            case '|' -> end(in, next, 2 * number(in, at + 1, lineEnd - 1) + 1); // attributes, then what they belong to
            default -> next;
        };
    }

    private static int end(ByteBuf in, int at, int values) {
        int end = at;
        for (int i = 0; i < values && end != NOT_ALL_THERE; i++) {
            end = end(in, end);
        }
        return end;
    }

    private static int number(ByteBuf in, int from, int to) {
        return Integer.parseInt(in.toString(from, to - from, StandardCharsets.US_ASCII));
    }

    /** Whether it is a message of a channel that was subscribed to. */
    static boolean isMessage(ByteBuf value) {
        String begin =
                value.toString(value.readerIndex(), Math.min(24, value.readableBytes()), StandardCharsets.ISO_8859_1);
        return isOfThree(begin, "$7\r\nmessage\r\n") || isOfThree(begin, "$8\r\nsmessage\r\n");
    }

    private static boolean isOfThree(String begin, String first) {
        return begin.startsWith(">3\r\n" + first) || begin.startsWith("*3\r\n" + first);
    }
}
