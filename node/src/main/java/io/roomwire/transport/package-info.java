/** Sockets to frames: ports, event loops, the HTTP upgrade, RFC 6455, the heartbeat. */
@NullMarked
package io.roomwire.transport;

import org.jspecify.annotations.NullMarked;
