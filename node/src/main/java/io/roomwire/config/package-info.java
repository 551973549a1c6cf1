/** What an operator can set: every key once, where each value came from, and the checked result as records. */
@NullMarked
package io.roomwire.config;

import org.jspecify.annotations.NullMarked;
