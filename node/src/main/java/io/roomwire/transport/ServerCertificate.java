package io.roomwire.transport;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.roomwire.config.ConfigException;
import io.roomwire.config.Tls;
import io.roomwire.ops.Metrics;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate that clients get, and its key: as they stand in their files, and read again when these change. What
 * cannot be used is passed over, and the old pair stays in force.
 *
 * <p>Any thread may call; a thread of its own looks at the files.
 */
final class ServerCertificate implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServerCertificate.class);

    /** What is older has known weaknesses (RFC 8996); the JDK could be told to allow it. */
    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

    static {
        // A handshake costs us ten times what it costs the client, and with renegotiation one connection has as many as
        // it
        // likes (TLS 1.3 has none). Read by the JDK when it serves its first; whoever wants it says so on the command
        // line.
        System.getProperties().putIfAbsent("jdk.tls.rejectClientInitiatedRenegotiation", "true");
    }

    /** A new certificate comes weeks before the old one ends; a look is two small reads. */
    private static final long LOOK_PERIOD_S = 5;

    private final Tls files;
    private final Metrics metrics;
    private final ScheduledExecutorService looker =
            Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("roomwire-tls", true));

    private volatile InForce inForce;

    /** Only the looking thread's: what was found last, good or bad, so that each is told once. */
    private byte[] certificateFound;

    private byte[] keyFound;
    private boolean unreadable;

    private record InForce(SslContext context, X509Certificate certificate) {}

    /** @throws ConfigException that names the key whose file cannot be used */
    ServerCertificate(Tls files, Metrics metrics) {
        this.files = files;
        this.metrics = metrics;
        try {
            certificateFound = Files.readAllBytes(files.certificate());
            keyFound = Files.readAllBytes(files.key());
        } catch (IOException e) {
            throw unreadable(e);
        }
        inForce = made(files, certificateFound, keyFound);
        metrics.gauge(
                "roomwire.tls.certificate.expiry.timestamp.seconds",
                "When the certificate ends that clients get, in seconds since 1970",
                this,
                each -> each.inForce.certificate.getNotAfter().toInstant().getEpochSecond());
    }

    /**
     * Looks at the files as a start would.
     *
     * @throws ConfigException that names the key whose file cannot be used
     */
    static void check(Tls files) {
        try {
            made(files, Files.readAllBytes(files.certificate()), Files.readAllBytes(files.key()));
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static ConfigException unreadable(IOException e) {
        return new ConfigException("tls.certificate, tls.key: cannot read " + e.getMessage());
    }

    /** Begins to look for changes. */
    void start() {
        looker.scheduleWithFixedDelay(this::look, LOOK_PERIOD_S, LOOK_PERIOD_S, TimeUnit.SECONDS);
    }

    /** For one connection, with the pair that is in force now. */
    SslHandler newHandler(ByteBufAllocator allocator) {
        SslHandler handler = inForce.context.newHandler(allocator);
        handler.setHandshakeTimeoutMillis(0); // the clock of HttpHandler runs over TLS and upgrade together
        return handler;
    }

    private void look() {
        try {
            byte[] certificate = Files.readAllBytes(files.certificate());
            byte[] key = Files.readAllBytes(files.key());
            unreadable = false;
            if (Arrays.equals(certificate, certificateFound) && Arrays.equals(key, keyFound)) {
                return;
            }
            certificateFound = certificate;
            keyFound = key;
            inForce = made(files, certificate, key);
            metrics.tlsReloaded(true);
            LOG.info(
                    "new connections get the new certificate, which ends {}",
                    inForce.certificate.getNotAfter().toInstant());
        } catch (IOException e) {
            if (!unreadable) {
                unreadable = true;
                keepOld("cannot read " + e.getMessage());
            }
        } catch (RuntimeException e) {
            keepOld(String.valueOf(e.getMessage()));
        }
    }

    private void keepOld(String why) {
        metrics.tlsReloaded(false);
        LOG.warn(
                "the old certificate stays in force, it ends {}: {}; put a pair there that goes together",
                inForce.certificate.getNotAfter().toInstant(),
                why);
    }

    private static InForce made(Tls files, byte[] certificate, byte[] key) {
        X509Certificate first = first(files, certificate);
        SslContext context;
        try {
            context = SslContextBuilder.forServer(new ByteArrayInputStream(certificate), new ByteArrayInputStream(key))
                    .sslProvider(SslProvider.JDK)
                    .protocols(PROTOCOLS)
                    .build();
        } catch (IllegalArgumentException | SSLException e) {
            throw new ConfigException(
                    "tls.key: expected a private key in PKCS#8 without a password (openssl pkcs8 -topk8"
                            + " -nocrypt makes one), found none in " + files.key());
        }
        try {
            rehearse(context);
        } catch (Exception e) { // whatever it is, no client would get further
            throw new ConfigException("tls.key: expected the key of " + files.certificate() + ", found another in "
                    + files.key() + ": a handshake between the two fails");
        }
        return new InForce(context, first);
    }

    private static X509Certificate first(Tls files, byte[] pem) {
        try {
            return (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem))
                    .iterator()
                    .next();
        } catch (CertificateException | RuntimeException e) {
            throw new ConfigException(
                    "tls.certificate: expected X.509 certificates in PEM, found none in " + files.certificate());
        }
    }

    /** A handshake in memory. Java takes a key of another certificate without a word, and tells the first client. */
    private static void rehearse(SslContext server) throws SSLException {
        SslContext client = SslContextBuilder.forClient()
                .sslProvider(SslProvider.JDK)
                .protocols(PROTOCOLS)
                .trustManager(InsecureTrustManagerFactory.INSTANCE) // whom the clients trust is not ours to know
                .endpointIdentificationAlgorithm(null)
                .build();
        SslHandler here = client.newHandler(ByteBufAllocator.DEFAULT);
        EmbeddedChannel there = new EmbeddedChannel(server.newHandler(ByteBufAllocator.DEFAULT));
        EmbeddedChannel channel = new EmbeddedChannel(here);
        try {
            boolean moved = true;
            while (moved) {
                moved = move(channel, there);
                moved |= move(there, channel);
            }
            if (!here.handshakeFuture().isSuccess()) {
                throw new SSLException("no handshake", here.handshakeFuture().cause());
            }
        } finally {
            channel.finishAndReleaseAll();
            there.finishAndReleaseAll();
        }
    }

    private static boolean move(EmbeddedChannel from, EmbeddedChannel to) {
        boolean moved = false;
        for (Object bytes = from.readOutbound(); bytes != null; bytes = from.readOutbound()) {
            to.writeInbound(bytes);
            moved = true;
        }
        return moved;
    }

    @Override
    public void close() {
        looker.shutdownNow();
    }
}
