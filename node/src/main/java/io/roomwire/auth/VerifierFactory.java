package io.roomwire.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.crypto.impl.CriticalHeaderParamsDeferral;
import com.nimbusds.jose.jca.JCAContext;
import com.nimbusds.jose.proc.JWSVerifierFactory;
import com.nimbusds.jose.util.Base64URL;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.EdECPublicKey;
import java.util.HashSet;
import java.util.Set;

/** Checks signatures: Ed25519 by the JDK, where Nimbus would need Google's Tink; everything else by Nimbus. */
final class VerifierFactory implements JWSVerifierFactory {
    private static final Set<JWSAlgorithm> EDWARDS = Set.of(JWSAlgorithm.EdDSA, JWSAlgorithm.Ed25519);

    private final JWSVerifierFactory others = new DefaultJWSVerifierFactory();
    private final JCAContext context = new JCAContext();

    @Override
    public JWSVerifier createJWSVerifier(JWSHeader header, Key key) throws JOSEException {
        return key instanceof EdECPublicKey ed ? new Ed25519(ed) : others.createJWSVerifier(header, key);
    }

    @Override
    public Set<JWSAlgorithm> supportedJWSAlgorithms() {
        Set<JWSAlgorithm> all = new HashSet<>(others.supportedJWSAlgorithms());
        all.addAll(EDWARDS);
        return all;
    }

    @Override
    public JCAContext getJCAContext() {
        return context;
    }

    /** RFC 8037, section 3.1. */
    private final class Ed25519 implements JWSVerifier {
        private final EdECPublicKey key;
        private final CriticalHeaderParamsDeferral critical = new CriticalHeaderParamsDeferral();

        Ed25519(EdECPublicKey key) {
            this.key = key;
        }

        @Override
        public boolean verify(JWSHeader header, byte[] signed, Base64URL signature) throws JOSEException {
            if (!EDWARDS.contains(header.getAlgorithm()) || !critical.headerPasses(header)) {
                return false;
            }
            try {
                Signature verifier = Signature.getInstance("Ed25519");
                verifier.initVerify(key);
                verifier.update(signed);
                return verifier.verify(signature.decode());
            } catch (SignatureException malformed) {
                return false;
            } catch (GeneralSecurityException e) {
                throw new JOSEException("Ed25519 is not available: " + e.getMessage(), e);
            }
        }

        @Override
        public Set<JWSAlgorithm> supportedJWSAlgorithms() {
            return EDWARDS;
        }

        @Override
        public JCAContext getJCAContext() {
            return context;
        }
    }
}
