package io.roomwire.test.operations;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.roomwire.test.cluster.Scrape;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestPostgres;
import io.roomwire.test.cluster.TestRedis;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The dashboard of Grafana asks for what a node with Redis and PostgreSQL really has. */
class DashboardTest {
    private static final Path GRAFANA = Deployment.ROOT.resolve("deploy/grafana");
    private static final Pattern METRIC = Pattern.compile("\\b(?:roomwire|jvm|process)_[a-z0-9_]+");

    /** {@code by (code)} and {@code {{code}}}, without those that Prometheus gives itself. */
    private static final Pattern GROUPED_BY = Pattern.compile("by \\(([a-z, ]+)\\)");

    private static final Set<String> LABELS_OF_PROMETHEUS = Set.of("instance", "job");

    private final JsonNode dashboard = json(GRAFANA.resolve("dashboards/roomwire.json"));

    @Test
    void everyMetricAndEveryLabelIsOneOfARealNode() {
        try (TestRedis redis = TestRedis.start();
                TestPostgres postgres = TestPostgres.start();
                TestCluster cluster = aCluster()
                        .with("redis.uri", redis.uri())
                        .with("postgres.uri", postgres.uri())
                        .start()) {
            Scrape scrape = cluster.node().metrics();
            for (String query : queries()) {
                List<String> metrics = METRIC.matcher(query)
                        .results()
                        .map(found -> found.group())
                        .toList();
                assertThat(metrics).as(query).isNotEmpty();
                assertThat(scrape.names()).as(query).containsAll(metrics);
                for (String label : labels(query)) {
                    scrape.sum(metrics.get(0), label + "=\"");
                }
            }
        }
    }

    @Test
    void thePanelsShowWhatAnOperatorLooksFor() {
        Set<String> asked = new TreeSet<>();
        queries().forEach(query -> METRIC.matcher(query).results().forEach(found -> asked.add(found.group())));
        assertThat(asked)
                .contains(
                        "roomwire_connections_active",
                        "roomwire_messages_sent_total",
                        "roomwire_delivery_seconds_bucket",
                        "roomwire_log_append_seconds_bucket",
                        "roomwire_backlog_bytes",
                        "roomwire_connections_closed_total",
                        "roomwire_errors_total",
                        "roomwire_redis_up",
                        "roomwire_relay_unpublished_total",
                        "jvm_memory_used_bytes");
    }

    @Test
    void everyPanelSaysWhatItShowsAndHasAPlaceOfItsOwn() {
        Set<String> places = new TreeSet<>();
        Set<Integer> ids = new TreeSet<>();
        for (JsonNode panel : dashboard.get("panels")) {
            assertThat(panel.get("title").asText()).isNotBlank();
            assertThat(panel.get("description").asText()).endsWith(".");
            assertThat(places.add(panel.get("gridPos").toString())).isTrue();
            assertThat(ids.add(panel.get("id").asInt())).isTrue();
        }
    }

    @Test
    void grafanaFindsTheDashboardAndItsData() {
        Map<String, Object> grafana = Deployment.services().get("grafana");
        Map<String, Object> provider = first(GRAFANA.resolve("provisioning/dashboards/roomwire.yml"), "providers");
        String folder = (String) Deployment.map(provider.get("options")).get("path");
        assertThat(Deployment.texts(grafana, "volumes"))
                .contains("./deploy/grafana/dashboards:" + folder + ":ro")
                .contains("./deploy/grafana/provisioning:/etc/grafana/provisioning:ro");
        assertThat(Deployment.environment(grafana))
                .containsEntry("GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH", folder + "/roomwire.json");
        Map<String, Object> source = first(GRAFANA.resolve("provisioning/datasources/prometheus.yml"), "datasources");
        assertThat(source).containsEntry("url", "http://prometheus:9090");
        for (JsonNode uid : dashboard.findParents("uid")) {
            if (uid.has("type")) {
                assertThat(uid.get("uid").asText()).isEqualTo(source.get("uid"));
            }
        }
    }

    private List<String> queries() {
        List<String> queries = new ArrayList<>();
        for (JsonNode panel : dashboard.get("panels")) {
            panel.get("targets")
                    .forEach(target -> queries.add(target.get("expr").asText()));
        }
        return queries;
    }

    private static Set<String> labels(String query) {
        Set<String> labels = new TreeSet<>();
        GROUPED_BY
                .matcher(query)
                .results()
                .forEach(by -> labels.addAll(List.of(by.group(1).split(", "))));
        labels.removeAll(LABELS_OF_PROMETHEUS);
        return labels;
    }

    private static Map<String, Object> first(Path file, String list) {
        return Deployment.map(((List<?>) Deployment.yaml(file).get(list)).get(0));
    }

    private static JsonNode json(Path file) {
        try {
            return new ObjectMapper().readTree(Deployment.text(file));
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new AssertionError(file + ": " + e.getMessage(), e);
        }
    }
}
