/** What every node owes to RFC 6455 and HTTP, byte for byte. */
@NullMarked
package io.roomwire.test.wire;

import org.jspecify.annotations.NullMarked;
