package io.roomwire;

/** Which Roomwire this is. */
final class Version {
    /** From the jar's manifest; "dev" when run from class files. */
    static final String TEXT = of(Version.class.getPackage().getImplementationVersion());

    private Version() {}

    private static String of(@org.jspecify.annotations.Nullable String fromManifest) {
        return fromManifest == null ? "dev" : fromManifest;
    }
}
