/**
 * {@code deploy/roomwire bench}: what a message costs and how long it takes, measured from outside the nodes.
 *
 * <p>A scenario is a command ({@link io.roomwire.test.bench.CrossNode}): it starts servers, lets an {@link
 * io.roomwire.test.bench.Audience} join, has a {@link io.roomwire.test.bench.Publisher} talk, and writes a {@link
 * io.roomwire.test.bench.Report}.
 */
@NullMarked
package io.roomwire.test.bench;

import org.jspecify.annotations.NullMarked;
