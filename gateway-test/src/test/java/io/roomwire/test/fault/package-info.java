/** What happens when something ends, stops or is silent. */
@NullMarked
package io.roomwire.test.fault;

import org.jspecify.annotations.NullMarked;
