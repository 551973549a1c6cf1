/** Promises that take more than one node, over a real Redis and a real PostgreSQL. */
package io.roomwire.test.many;
