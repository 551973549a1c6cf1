package io.roomwire;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.roomwire.auth.Authenticator;
import io.roomwire.history.RedisErasure;
import io.roomwire.history.RedisLives;
import io.roomwire.history.RedisLog;
import io.roomwire.history.RoomLog;
import io.roomwire.ops.OpsServer;
import io.roomwire.orders.Orders;
import io.roomwire.presence.Presence;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisRequirements;
import io.roomwire.relay.Relay;
import io.roomwire.transport.Server;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Future;

/** The architecture as docs/architecture.md draws it. */
@AnalyzeClasses(packages = "io.roomwire", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String ROOT = "io.roomwire";

    /** What each package may know of the others. The root package may know all: it puts them together. */
    private static final Map<String, Set<String>> MAY_KNOW = Map.ofEntries(
            Map.entry("transport", Set.of("session", "auth", "connection", "protocol", "config", "ops")),
            Map.entry(
                    "session",
                    Set.of(
                            "room",
                            "history",
                            "presence",
                            "orders",
                            "hook",
                            "auth",
                            "connection",
                            "protocol",
                            "config",
                            "ops")),
            Map.entry("room", Set.of("history", "relay", "presence", "connection", "protocol", "config", "ops")),
            Map.entry("history", Set.of("protocol", "redis", "config")),
            Map.entry("relay", Set.of("protocol", "redis", "config", "ops")),
            Map.entry("presence", Set.of("protocol", "redis", "config")),
            Map.entry("api", Set.of("session", "room", "presence", "orders", "protocol", "config", "ops")),
            Map.entry("hook", Set.of("auth", "protocol", "config", "ops")),
            Map.entry("orders", Set.of("auth", "protocol", "redis", "config", "ops")),
            Map.entry("connection", Set.of("protocol", "config", "ops")),
            Map.entry("ops", Set.of("protocol")),
            Map.entry("auth", Set.of("protocol", "config")),
            Map.entry("redis", Set.of("config", "ops")),
            Map.entry("config", Set.of()),
            Map.entry("protocol", Set.of()));

    private static final DescribedPredicate<JavaClass> COMPOSITION_ROOT = belongToAnyOf(
            Node.class, Seams.class, Entrance.class, MemoryForms.class, RedisForms.class, PostgresForms.class);

    private static final DescribedPredicate<JavaClass> SEAM = assignableTo(RoomLog.class)
            .or(assignableTo(Relay.class))
            .or(assignableTo(Presence.class))
            .or(assignableTo(Authenticator.class))
            .or(assignableTo(Orders.class))
            .as("a seam's implementation");

    @ArchTest
    static final ArchRule noTwoPackagesNeedEachOther =
            slices().matching(ROOT + ".(*)..").should().beFreeOfCycles();

    @ArchTest
    static void aMessageGoesOneWay(JavaClasses all) {
        MAY_KNOW.forEach((name, others) -> {
            String[] known = others.stream().map(ArchitectureTest::named).toArray(String[]::new);
            DescribedPredicate<JavaClass> unknown = resideInAPackage(ROOT + "..")
                    .and(not(resideInAPackage(named(name))))
                    .and(not(resideInAnyPackage(known)))
                    .as("other than what it may know: " + new TreeSet<>(others));
            noClasses()
                    .that()
                    .resideInAPackage(named(name))
                    .should()
                    .dependOnClassesThat(unknown)
                    .check(all);
        });
    }

    @ArchTest
    static void everyPackageHasItsPlaceInTheOrder(JavaClasses all) {
        Set<String> packages = new TreeSet<>();
        for (JavaClass each : all) {
            packages.add(each.getPackageName());
        }
        Set<String> placed = new TreeSet<>(Set.of(ROOT));
        MAY_KNOW.keySet().forEach(name -> placed.add(ROOT + "." + name));
        assertThat(packages).isEqualTo(placed);
    }

    private static String named(String name) {
        return ROOT + "." + name + "..";
    }

    @ArchTest
    static final ArchRule lettuceStaysBehindTheSeams = noClasses()
            .that(not(resideInAnyPackage(named("redis"), named("relay"), named("presence"), named("orders")))
                    .and(not(belongToAnyOf(RedisLog.class, RedisErasure.class, RedisLives.class)))
                    .and(not(COMPOSITION_ROOT)))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.lettuce..");

    @ArchTest
    static final ArchRule jdbcStaysInTheHistory = noClasses()
            .that(not(resideInAPackage(named("history"))).and(not(COMPOSITION_ROOT)))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "java.sql..", "javax.sql..", "com.zaxxer.hikari..", "org.flywaydb..", "org.postgresql..");

    @ArchTest
    static final ArchRule tokensAreReadInOnePlace = noClasses()
            .that(not(resideInAPackage(named("auth"))))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.nimbusds..");

    @ArchTest
    static final ArchRule channelsStayWithSockets = noClasses()
            .that()
            .resideOutsideOfPackages(named("transport"), named("connection"), named("ops"))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.netty.channel..");

    @ArchTest
    static final ArchRule onlyTheCompositionRootMakesASeamsImplementation = noClasses()
            .that(not(COMPOSITION_ROOT))
            .should()
            .callConstructorWhere(describe(
                    "it makes a seam's implementation",
                    call -> SEAM.test(call.getTargetOwner())
                            && !call.getOriginOwner().equals(call.getTargetOwner())));

    @ArchTest
    static final ArchRule thereAreSeamsToMake = classes()
            .that(COMPOSITION_ROOT)
            .and()
            .haveSimpleName("RedisForms")
            .should()
            .callConstructorWhere(
                    describe("it makes a log", call -> call.getTargetOwner().isAssignableTo(RoomLog.class)))
            .andShould()
            .callConstructorWhere(
                    describe("it makes a relay", call -> call.getTargetOwner().isAssignableTo(Relay.class)))
            .andShould()
            .callConstructorWhere(describe(
                    "it makes a presence", call -> call.getTargetOwner().isAssignableTo(Presence.class)));

    @ArchTest
    static final ArchRule noThreadWaitsButAtStartAndEnd = noClasses()
            .that(not(resideInAPackage(named("history")))
                    .and(not(COMPOSITION_ROOT))
                    .and(not(belongToAnyOf(Main.class))))
            .should()
            .callMethodWhere(describe("it waits for another thread", call -> waits(call) && !isAtStartOrEnd(call)));

    private static boolean waits(JavaMethodCall call) {
        JavaClass owner = call.getTargetOwner();
        String name = call.getName();
        if (owner.isAssignableTo(Thread.class)) {
            return name.equals("sleep") || name.equals("join");
        }
        if (owner.isAssignableTo(Future.class)) {
            return name.equals("get") || name.equals("join") || name.startsWith("await") || name.startsWith("sync");
        }
        return name.startsWith("await")
                || (owner.isAssignableTo("java.util.concurrent.BlockingQueue") && name.matches("take|put"))
                || (owner.isAssignableTo(Object.class) && name.equals("wait"))
                || (owner.isAssignableTo("java.util.concurrent.locks.LockSupport") && name.startsWith("park"));
    }

    /** Sockets and connections are opened and closed on the thread of who starts and stops the node. */
    private static boolean isAtStartOrEnd(JavaCall<?> call) {
        JavaClass owner = call.getOriginOwner();
        String method = call.getOrigin().getName();
        if (owner.isEquivalentTo(Server.class)) {
            return Set.of("start", "listen", "stopAccepting", "close").contains(method);
        }
        if (owner.isEquivalentTo(RedisRequirements.class)) {
            return method.equals("check");
        }
        return (owner.isEquivalentTo(OpsServer.class) || owner.isEquivalentTo(RedisClients.class))
                && Set.of("start", "close").contains(method);
    }

    @ArchTest
    static final ArchRule namesSayWhatAThingIs =
            noClasses().should().haveNameMatching(".*(Impl|Manager|Utils?|Helper)(\\$.*)?");
}
