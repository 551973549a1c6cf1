/** What a person sees in a browser. */
@NullMarked
package io.roomwire.test.browser;

import org.jspecify.annotations.NullMarked;
