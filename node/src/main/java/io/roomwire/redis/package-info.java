/** The way to Redis: clients by form, names of keys and channels, scripts, and the header that travels before a payload. */
@NullMarked
package io.roomwire.redis;

import org.jspecify.annotations.NullMarked;
