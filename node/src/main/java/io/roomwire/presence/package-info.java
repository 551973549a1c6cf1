/** Who is in which room. */
@NullMarked
package io.roomwire.presence;

import org.jspecify.annotations.NullMarked;
