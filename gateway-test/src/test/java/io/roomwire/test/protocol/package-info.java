/** What each request is answered with, as PROTOCOL.md has it. */
@NullMarked
package io.roomwire.test.protocol;

import org.jspecify.annotations.NullMarked;
