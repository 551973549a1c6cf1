/** Real nodes, each a process from the packaged jar: started, asked, paused, killed, started again. */
@NullMarked
package io.roomwire.test.cluster;

import org.jspecify.annotations.NullMarked;
