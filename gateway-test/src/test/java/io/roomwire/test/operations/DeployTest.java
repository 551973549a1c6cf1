package io.roomwire.test.operations;

import static io.roomwire.test.operations.Deployment.COMPOSE;
import static io.roomwire.test.operations.Deployment.DOCKERFILE;
import static io.roomwire.test.operations.Deployment.ROOT;
import static io.roomwire.test.operations.Deployment.defaults;
import static io.roomwire.test.operations.Deployment.environment;
import static io.roomwire.test.operations.Deployment.find;
import static io.roomwire.test.operations.Deployment.findAll;
import static io.roomwire.test.operations.Deployment.map;
import static io.roomwire.test.operations.Deployment.nodes;
import static io.roomwire.test.operations.Deployment.services;
import static io.roomwire.test.operations.Deployment.texts;
import static io.roomwire.test.operations.Deployment.yaml;
import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.cluster.Jar;
import io.roomwire.test.cluster.Program;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** What the containers are told agrees with the node, with itself, and with docker-compose where that is installed. */
class DeployTest {
    private static final Path HAPROXY = ROOT.resolve("deploy/haproxy.cfg");
    private static final Path PROMETHEUS = ROOT.resolve("deploy/prometheus.yml");

    @Test
    void thereAreThreeNodes() {
        assertThat(nodes()).containsExactly("node1", "node2", "node3");
    }

    @Test
    void everyVariableOfANodeIsAKeyAndItsValueIsUsable() {
        Set<String> variables =
                defaults().keySet().stream().map(Deployment::variable).collect(Collectors.toSet());
        for (String node : nodes()) {
            Map<String, String> environment = environment(services().get(node));
            assertThat(variables).containsAll(environment.keySet());
            assertThat(environment).containsEntry("ROOMWIRE_NODE_ID", node);
            Jar.Result checked = Jar.run(environment, "config", "--check");
            assertThat(checked.exitCode()).as(checked.err()).isZero();
            assertThat(checked.out().strip()).isEqualTo("configuration is usable");
        }
    }

    @Test
    void theServersOfTheNodesAreServices() {
        Map<String, String> node = environment(services().get("node1"));
        URI redis = URI.create(node.get("ROOMWIRE_REDIS_URI"));
        assertThat(services()).containsKey(redis.getHost());
        URI postgres = URI.create(node.get("ROOMWIRE_POSTGRES_URI"));
        Map<String, String> database = environment(services().get(postgres.getHost()));
        assertThat(postgres.getUserInfo())
                .isEqualTo(database.get("POSTGRES_USER") + ":" + database.get("POSTGRES_PASSWORD"));
        assertThat(postgres.getPath()).isEqualTo("/" + database.get("POSTGRES_DB"));
    }

    @Test
    void theBalancerPrometheusAndTheImageUseTheNodesPorts() {
        String port = defaults().get("port");
        String opsPort = defaults().get("ops-port");
        assertThat(find(DOCKERFILE, "EXPOSE (.*)").group(1)).isEqualTo(port + " " + opsPort);
        Set<String> balanced = new TreeSet<>();
        findAll(HAPROXY, "(?m)^ +server (\\S+) (\\S+):(\\d+)").forEach(server -> {
            assertThat(server.group(3)).isEqualTo(port);
            balanced.add(server.group(2));
        });
        assertThat(balanced).isEqualTo(nodes());
        assertThat(find(HAPROXY, "check port (\\d+)").group(1)).isEqualTo(opsPort);
        Set<String> scraped = findAll(PROMETHEUS, "- (\\S+:\\d+)").stream()
                .map(target -> target.group(1))
                .collect(Collectors.toSet());
        assertThat(scraped)
                .isEqualTo(nodes().stream().map(node -> node + ":" + opsPort).collect(Collectors.toSet()));
    }

    @Test
    void thePortOutsideIsTheBalancersAndTheRestIsForThisMachineAlone() {
        String bound = find(HAPROXY, "bind :(\\d+)").group(1);
        services().forEach((name, service) -> {
            List<String> ports = texts(service, "ports");
            if (name.equals("balancer")) {
                assertThat(ports).containsExactly(bound + ":" + bound);
            } else {
                assertThat(ports).allMatch(published -> published.startsWith("127.0.0.1:"));
            }
        });
    }

    @Test
    void everyServiceHasAHealthCheck() {
        Matcher image = find(DOCKERFILE, "HEALTHCHECK [^\\[]*\\[([^\\]]*)\\]");
        assertThat(image.group(1)).endsWith("\"health\"");
        services().forEach((name, service) -> {
            if (!nodes().contains(name)) {
                assertThat(texts(map(service.get("healthcheck")), "test"))
                        .as(name)
                        .hasSizeGreaterThan(1)
                        .startsWith("CMD");
            }
        });
    }

    @Test
    void whatAServiceNeedsIsHealthyFirst() {
        Map<String, Set<String>> needs = Map.of(
                "node1", Set.of("redis", "postgres"),
                "node2", Set.of("redis", "postgres"),
                "node3", Set.of("redis", "postgres"),
                "balancer", nodes(),
                "prometheus", nodes(),
                "grafana", Set.of("prometheus"),
                "redis", Set.of(),
                "postgres", Set.of());
        services().forEach((name, service) -> {
            Map<String, Object> dependencies = map(service.get("depends_on"));
            assertThat(dependencies.keySet()).as(name).isEqualTo(needs.get(name));
            assertThat(dependencies.values())
                    .allSatisfy(condition -> assertThat(map(condition)).containsEntry("condition", "service_healthy"));
        });
    }

    @Test
    void nobodyIsRootOrWritesToItsRootFileSystem() {
        assertThat(Integer.parseInt(find(DOCKERFILE, "(?m)^USER (\\d+)$").group(1)))
                .isPositive();
        services().forEach((name, service) -> {
            assertThat(service).as(name).containsEntry("read_only", true).containsEntry("cap_drop", List.of("ALL"));
            assertThat(texts(service, "security_opt")).containsExactly("no-new-privileges:true");
            assertThat(service.containsKey("user") || nodes().contains(name))
                    .as("%s says who it is", name)
                    .isTrue();
            assertThat(service.get("user")).isNotIn("root", "0", 0);
        });
    }

    @Test
    void everyImageIsPinnedToARelease() {
        services().forEach((name, service) -> {
            if (!nodes().contains(name)) {
                assertThat((String) service.get("image")).matches("[a-z/]+:v?\\d+\\.\\d+(\\.\\d+)?");
            }
        });
        assertThat(findAll(DOCKERFILE, "(?m)^FROM (\\S+)"))
                .hasSize(2)
                .allSatisfy(from -> assertThat(from.group(1)).matches("[a-z]+:\\d+\\.\\d+\\S*"));
    }

    @Test
    void everyFileThatIsMountedOrCopiedIsThere() {
        services()
                .values()
                .forEach(service -> texts(service, "volumes").stream()
                        .filter(volume -> volume.startsWith("."))
                        .forEach(volume -> assertThat(ROOT.resolve(volume.split(":", 2)[0]))
                                .exists()));
        assertThat(findAll(DOCKERFILE, "(?m)^COPY (?!--from)(\\S+)"))
                .isNotEmpty()
                .allSatisfy(copy -> assertThat(ROOT.resolve(copy.group(1))).exists());
    }

    @Test
    void aStopLeavesTimeForTheDrain() {
        int graceSeconds = Integer.parseInt(
                services().get("node1").get("stop_grace_period").toString().replaceAll("s$", ""));
        int drainSeconds = Integer.parseInt(
                defaults().get("drain.timeout").replace("\"", "").replaceAll("s$", ""));
        assertThat(graceSeconds).isGreaterThan(drainSeconds);
    }

    @Test
    void everyVolumeIsDeclared() {
        Set<String> declared = map(yaml(COMPOSE).get("volumes")).keySet();
        Set<String> used = services().values().stream()
                .flatMap(service -> texts(service, "volumes").stream())
                .filter(volume -> !volume.startsWith("."))
                .map(volume -> volume.split(":", 2)[0])
                .collect(Collectors.toSet());
        assertThat(used).isEqualTo(declared);
    }

    @Test
    @EnabledIf("composeIsInstalled")
    void dockerComposeReadsTheFile() throws Exception {
        Process compose = new ProcessBuilder("docker-compose", "config", "--quiet")
                .directory(ROOT.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(compose.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(compose.waitFor()).as(said).isZero();
    }

    static boolean composeIsInstalled() {
        boolean installed = Program.find("docker-compose").isPresent();
        if (!installed) {
            System.out.println(
                    "skipped: no docker-compose here, install the package docker-compose to check the file by it");
        }
        return installed;
    }
}
