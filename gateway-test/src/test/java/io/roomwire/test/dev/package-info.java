/** The cluster of docker-compose.yml from processes, for developing: {@code deploy/dev-cluster}. */
@NullMarked
package io.roomwire.test.dev;

import org.jspecify.annotations.NullMarked;
