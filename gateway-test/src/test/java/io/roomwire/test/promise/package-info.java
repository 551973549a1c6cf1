/** What a client may rely on: the five promises, and the size that they hold at. */
@NullMarked
package io.roomwire.test.promise;

import org.jspecify.annotations.NullMarked;
