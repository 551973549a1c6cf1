package io.roomwire.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A network in CIDR form (RFC 4632, section 3.1; RFC 4291, section 2.3), such as {@code 10.0.0.0/8}.
 *
 * @param prefixLength bits of the address that all of its hosts share
 */
public record Network(InetAddress address, int prefixLength) {
    private static final String BYTE = "(25[0-5]|2[0-4]\\d|1?\\d?\\d)";

    /** Four bytes, or what has a colon, which no name has. Netty's parser would begin the log before it is set up. */
    private static final Pattern LITERAL =
            Pattern.compile("(" + BYTE + "\\.){3}" + BYTE + "|[0-9a-fA-F.]*:[0-9a-fA-F:.]*");

    private static final int IPV6_BYTES = 16;

    static List<Network> all(Settings settings, Key<List<String>> key) {
        List<Network> all = new ArrayList<>();
        for (String cidr : settings.get(key)) {
            try {
                all.add(parse(cidr));
            } catch (IllegalArgumentException | UnknownHostException e) {
                throw settings.wrong(key, "networks in CIDR form, such as 10.0.0.0/8 or fd00::/8");
            }
        }
        return List.copyOf(all);
    }

    /**
     * What counts as one client: an IPv4 address, and a /64 of IPv6, which is the least that anybody is given, so who has
     * one has 2^64 addresses.
     */
    public static InetAddress countedAs(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (bytes.length != IPV6_BYTES) {
            return address;
        }
        Arrays.fill(bytes, IPV6_BYTES / 2, IPV6_BYTES, (byte) 0);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError("an address has the length of one", e);
        }
    }

    private static Network parse(String cidr) throws UnknownHostException {
        int slash = cidr.indexOf('/');
        String literal = cidr.substring(0, Math.max(0, slash));
        if (!LITERAL.matcher(literal).matches()) {
            throw new IllegalArgumentException("no address"); // a name would be looked up
        }
        InetAddress address = InetAddress.getByName(literal);
        int prefixLength = Integer.parseUnsignedInt(cidr.substring(slash + 1));
        if (prefixLength < 0 || prefixLength > address.getAddress().length * Byte.SIZE) {
            throw new IllegalArgumentException("no prefix of it");
        }
        return new Network(address, prefixLength);
    }

    @Override
    public String toString() {
        return address.getHostAddress() + "/" + prefixLength;
    }
}
