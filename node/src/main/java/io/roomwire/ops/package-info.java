/** The operations port: health, metrics, statistics. */
@NullMarked
package io.roomwire.ops;

import org.jspecify.annotations.NullMarked;
