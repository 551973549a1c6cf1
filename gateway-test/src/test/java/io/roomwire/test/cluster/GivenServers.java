package io.roomwire.test.cluster;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What nodes stand on when a test run is given servers by the environment, as {@code .ci/on-debian-servers} does it. A test
 * that says itself what its nodes stand on keeps that. Any thread may call.
 */
final class GivenServers {
    private static final String REDIS = "ROOMWIRE_TEST_NODES_REDIS";
    private static final String POSTGRES = "ROOMWIRE_TEST_NODES_POSTGRES";

    /** Whether an nginx passes each port of {@link #FIRST_PORT} and the 999 behind it on, from {@link #NGINX_ABOVE} higher. */
    private static final boolean NGINX = System.getenv("ROOMWIRE_TEST_NODES_NGINX") != null;

    private static final int FIRST_PORT = 18_000;
    private static final int PORTS = 1000;
    private static final int NGINX_ABOVE = 10_000;

    private static int next = FIRST_PORT; // guarded by this class

    private GivenServers() {}

    /** The settings of a node beside those of the test. */
    static Map<String, String> settings(Set<String> ofTheTest) {
        boolean saysItself = ofTheTest.stream()
                .anyMatch(key ->
                        key.startsWith("redis.") || key.startsWith("postgres.") || key.startsWith("memory-log."));
        Map<String, String> settings = new LinkedHashMap<>();
        if (!saysItself) {
            put(settings, "redis.uri", REDIS);
            put(settings, "postgres.uri", POSTGRES);
        }
        return settings;
    }

    private static void put(Map<String, String> settings, String key, String variable) {
        String given = System.getenv(variable);
        if (given != null) {
            TestServers.say(key, "given by " + variable);
            settings.put(key, given);
        }
    }

    /** A port for clients; 0: whichever is free. */
    static synchronized int port() {
        if (NGINX) {
            next = FIRST_PORT + (next + 1 - FIRST_PORT) % PORTS;
        }
        return NGINX ? next : 0;
    }

    /** Where clients reach a node that listens there. */
    static URI clients(URI node) {
        String port = ":" + node.getPort();
        return NGINX ? URI.create(node.toString().replace(port, ":" + (node.getPort() + NGINX_ABOVE))) : node;
    }
}
