package io.roomwire.auth;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetParseException;
import com.nimbusds.jose.jwk.source.JWKSetRetrievalException;
import com.nimbusds.jose.jwk.source.JWKSetSource;
import com.nimbusds.jose.jwk.source.JWKSetUnavailableException;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jose.util.ResourceRetriever;
import java.io.IOException;
import java.net.URL;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the keys at a URL, and passes over those that it cannot read (RFC 7517, section 5: unknown ones should be ignored).
 * Nimbus' own gives up all of them for one.
 *
 * <p>Any thread may call; it waits for the answer.
 */
final class JwksSource implements JWKSetSource<SecurityContext> {
    private static final Logger LOG = LoggerFactory.getLogger(JwksSource.class);

    private final URL url;
    private final ResourceRetriever retriever;

    /** What was complained about last: each fetch would say the same. */
    private volatile String told = "";

    JwksSource(URL url, ResourceRetriever retriever) {
        this.url = url;
        this.retriever = retriever;
    }

    @Override
    public JWKSet getJWKSet(JWKSetCacheRefreshEvaluator evaluator, long currentTime, @Nullable SecurityContext context)
            throws JWKSetUnavailableException {
        String content;
        try {
            content = retriever.retrieveResource(url).getContent();
        } catch (IOException e) {
            throw new JWKSetRetrievalException("Couldn't retrieve JWK set from URL: " + e.getMessage(), e);
        }
        try {
            return new JWKSet(readable(JSONObjectUtils.parse(content)));
        } catch (ParseException e) {
            throw new JWKSetParseException("Unable to parse JWK set", e);
        }
    }

    private List<JWK> readable(Map<String, Object> document) throws ParseException {
        List<Object> keys = JSONObjectUtils.getJSONArray(document, "keys");
        if (keys == null) {
            throw new ParseException("no keys in it", 0);
        }
        List<JWK> readable = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            JWK key = read(keys.get(i), i);
            if (key != null) {
                readable.add(key);
            }
        }
        return readable;
    }

    @SuppressWarnings("unchecked") // the names of a JSON object are texts
    private @Nullable JWK read(Object key, int index) {
        try {
            if (key instanceof Map<?, ?> fields) {
                return JWK.parse((Map<String, Object>) fields);
            }
            throw new ParseException("no JSON object", 0);
        } catch (ParseException | RuntimeException e) {
            String complaint = "key " + index + ": " + e.getMessage();
            if (!told.equals(complaint)) {
                told = complaint;
                LOG.warn("auth.jwt.jwks-url: one at {} is passed over, {}", url, complaint);
            }
            return null;
        }
    }

    @Override
    public void close() {}
}
