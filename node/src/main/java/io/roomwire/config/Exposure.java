package io.roomwire.config;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** A node that lets in everybody as anybody does so on this machine alone, unless that is asked for by name. */
final class Exposure {
    private Exposure() {}

    /**
     * The address that clients connect to.
     *
     * @throws ConfigException if other machines reach it and nothing says who may come in
     */
    static String checkedHost(Settings settings) {
        String host = settings.get(Keys.HOST);
        if (!settings.get(Keys.INSECURE) && !isLoopback(host)) {
            throw settings.wrong(
                    Keys.HOST,
                    "a loopback address, since without authentication everybody is who they say they are"
                            + " (--insecure, or insecure = true, lets them in all the same)");
        }
        return host;
    }

    /** A name that is not known is nobody's to reach; whoever listens on it says so. */
    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return true;
        }
    }
}
