package io.roomwire.protocol;

import io.netty.buffer.ByteBuf;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * One message on its way out of its compressed form, step by step: 64 KB may take zlib 20 ms, and a loop has others to look
 * after in between. Made by {@link Deflate#begin}, and on its thread.
 */
public final class Inflation implements AutoCloseable {
    /** Of input: at the dearest 90 blocks, each with tables of its own and nothing in it. Some 0.3 ms. */
    private static final int STEP_BYTES = 1024;

    /** After each of them zlib begins again, in 0.5 us; 32,000 fit into a message. One a fragment is the most that was ever seen. */
    private static final int MOST_FINAL_BLOCKS = 1000;

    private final Deflate owner;
    private final Inflater inflater;
    private final ByteBuf message;
    private final int limit;
    private Deflate.Growing out;

    /** Bytes of the message that zlib has. */
    private int given;

    private boolean tailGiven;
    private int length;
    private int finalBlocks;

    Inflation(Deflate owner, Inflater inflater, ByteBuf message, Deflate.Growing out, int limit) {
        this.owner = owner;
        this.inflater = inflater;
        this.message = message;
        this.out = out;
        this.limit = limit;
        give();
    }

    /**
     * Goes on a little.
     *
     * @return whether that was the end
     * @throws DataFormatException if the data is not of RFC 1951
     */
    public boolean step() throws DataFormatException {
        while (true) {
            byte[] target = out.atLeast(Math.min(limit + 1, length + Deflate.CHUNK_BYTES));
            length += inflater.inflate(target, length, target.length - length);
            if (length > limit) {
                length = -1;
                return true;
            }
            if (inflater.finished()) { // a final block inside of the message is legal (RFC 7692, section 7.2.3.4)
                given -= tailGiven ? 0 : inflater.getRemaining();
                if (tailGiven || given == message.readableBytes()) {
                    return true;
                }
                if (++finalBlocks > MOST_FINAL_BLOCKS) {
                    length = -1;
                    return true;
                }
                inflater.reset();
                give();
            } else if (inflater.needsInput()) {
                if (tailGiven) {
                    return true;
                }
                if (given < message.readableBytes()) {
                    give();
                    return false;
                }
                tailGiven = true;
                inflater.setInput(Deflate.TAIL);
            }
        }
    }

    private void give() {
        int next = Math.min(STEP_BYTES, message.readableBytes() - given);
        inflater.setInput(message.nioBuffer(message.readerIndex() + given, next));
        given += next;
    }

    /** What is there already moves to an array of its own: the one before is for others now. */
    public void putAside() {
        Deflate.Growing own = new Deflate.Growing();
        System.arraycopy(out.array(), 0, own.atLeast(length), 0, length);
        out = own;
    }

    /** Once it is at its end: how many bytes there are, or -1 as {@link Deflate#inflate} says. */
    public int length() {
        return length;
    }

    /** Where they are, from the first one on. */
    public byte[] bytes() {
        return out.array();
    }

    @Override
    public void close() {
        owner.giveBack(inflater);
        message.release();
    }
}
