/** Rooms: order, membership and the fan-out walk. */
@NullMarked
package io.roomwire.room;

import org.jspecify.annotations.NullMarked;
