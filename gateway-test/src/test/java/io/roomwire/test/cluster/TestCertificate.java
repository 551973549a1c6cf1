package io.roomwire.test.cluster;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;

/** A certificate of 127.0.0.1 that signs itself. */
public final class TestCertificate {
    private final X509Bundle bundle;

    private TestCertificate(X509Bundle bundle) {
        this.bundle = bundle;
    }

    public static TestCertificate make() {
        try {
            return new TestCertificate(new CertificateBuilder()
                    .subject("CN=node of a test")
                    .addSanIpAddress("127.0.0.1")
                    .setIsCertificateAuthority(true)
                    .buildSelfSigned());
        } catch (Exception e) {
            throw new IllegalStateException("no certificate could be made", e);
        }
    }

    public X509Certificate certificate() {
        return bundle.getCertificate();
    }

    public TestCertificate writeCertificate(Path file) {
        write(file, bundle.getCertificatePEM());
        return this;
    }

    public TestCertificate writeKey(Path file) {
        write(file, bundle.getPrivateKeyPEM());
        return this;
    }

    private static void write(Path file, String pem) {
        try {
            Files.writeString(file, pem);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** For clients that trust this one alone. */
    public SSLContext trust() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, bundle.toTrustManagerFactory().getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
