/** Asks the application's own back end what its users may do. */
@NullMarked
package io.roomwire.hook;

import org.jspecify.annotations.NullMarked;
