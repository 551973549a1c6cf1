/**
 * Roomwire, one node. A message on its way:
 *
 * <ol>
 *   <li>{@link io.roomwire.transport.FrameHandler} makes a message of frames,
 *   <li>{@link io.roomwire.protocol.RequestReader} makes a request of it,
 *   <li>{@link io.roomwire.session.Session} checks who may and calls the room,
 *   <li>{@link io.roomwire.room.Room} asks the {@link io.roomwire.history.RoomLog} for its place,
 *   <li>{@link io.roomwire.protocol.FrameWriter} encodes it, once,
 *   <li>{@link io.roomwire.relay.Relay} carries it to the peers, and the room's {@code FanOut} to
 *   <li>{@link io.roomwire.connection.Connection}, one for each member.
 * </ol>
 *
 * {@link io.roomwire.Node} puts the parts together; {@link io.roomwire.Main} is the command line.
 */
@NullMarked
package io.roomwire;

import org.jspecify.annotations.NullMarked;
