/** The other end of the wire: what plays clients, and what keeps the books over all of them. Knows nothing of the node's code. */
@NullMarked
package io.roomwire.test.client;

import org.jspecify.annotations.NullMarked;
