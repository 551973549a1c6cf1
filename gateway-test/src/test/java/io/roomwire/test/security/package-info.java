/** Who may connect, join, read and write: one test for each row of SECURITY.md. */
@NullMarked
package io.roomwire.test.security;

import org.jspecify.annotations.NullMarked;
