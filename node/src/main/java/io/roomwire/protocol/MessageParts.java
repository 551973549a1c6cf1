package io.roomwire.protocol;

/**
 * A message as clients get it, in parts: {@code before}, {@code content}, {@code behind}, the digits of the seq, and a
 * closing brace. The content stands alone, so that whoever also stores it gets it once.
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record MessageParts(byte[] before, byte[] content, byte[] behind) {}
