/** From one node to its peers: fast, and trusted with nothing. */
@NullMarked
package io.roomwire.relay;

import org.jspecify.annotations.NullMarked;
