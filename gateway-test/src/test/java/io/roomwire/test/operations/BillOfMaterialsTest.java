package io.roomwire.test.operations;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The build says what the jar is made of, for whoever looks for holes in it (CycloneDX). */
class BillOfMaterialsTest {
    private static final Path BILL = Path.of("../node/target/roomwire.cdx.json");

    @Test
    void everyLibraryOfTheJarIsListedWithItsVersionAndLicenceAndNoneOfTheTests() throws IOException {
        JsonNode bill = new ObjectMapper().readTree(BILL.toFile());
        assertThat(bill.get("bomFormat").asText()).isEqualTo("CycloneDX");
        List<String> names = new ArrayList<>();
        for (JsonNode component : bill.get("components")) {
            String name = component.get("name").asText();
            names.add(name);
            assertThat(component.path("version").asText())
                    .as("version of " + name)
                    .isNotEmpty();
            assertThat(component.path("licenses")).as("licences of " + name).isNotEmpty();
        }
        assertThat(names)
                .contains("netty-transport", "lettuce-core", "postgresql", "nimbus-jose-jwt", "logback-classic")
                .doesNotContain("junit-jupiter", "assertj-core", "embedded-redis");
    }
}
