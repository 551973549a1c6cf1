/** The server API: what an application's own back end asks of a node. */
@NullMarked
package io.roomwire.api;

import org.jspecify.annotations.NullMarked;
