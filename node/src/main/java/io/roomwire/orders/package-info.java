/** What an operator orders, carried to all nodes. */
@NullMarked
package io.roomwire.orders;

import org.jspecify.annotations.NullMarked;
