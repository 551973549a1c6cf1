/** One socket on one event loop: what may be written to it, and how much may wait. */
@NullMarked
package io.roomwire.connection;

import org.jspecify.annotations.NullMarked;
