/** What travels between client and node: requests in, frames out. Depends on nothing else here. */
@NullMarked
package io.roomwire.protocol;

import org.jspecify.annotations.NullMarked;
