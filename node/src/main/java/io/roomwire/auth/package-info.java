/** Who a connection is and what it may do. */
@NullMarked
package io.roomwire.auth;

import org.jspecify.annotations.NullMarked;
