/** One client: its user, rights and rooms. Requests become calls on rooms. */
@NullMarked
package io.roomwire.session;

import org.jspecify.annotations.NullMarked;
