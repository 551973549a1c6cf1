/** The log of each room: the truth that acks, resume and history stand on. */
@NullMarked
package io.roomwire.history;

import org.jspecify.annotations.NullMarked;
