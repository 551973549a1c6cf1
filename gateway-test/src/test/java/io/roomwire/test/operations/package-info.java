/** What those who run a node see: the command line and the operations port. */
@NullMarked
package io.roomwire.test.operations;

import org.jspecify.annotations.NullMarked;
