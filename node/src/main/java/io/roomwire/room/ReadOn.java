package io.roomwire.room;

import io.roomwire.connection.Loop;
import io.roomwire.history.Page;
import io.roomwire.protocol.Head;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Reads on from where a room stands, for those who know that the log is further, or another.
 *
 * <p>Belongs to the room's owner. All that ask while one read is under way get the next one together: that one may have
 * begun before what they know of was stored.
 */
final class ReadOn {
    private final Loop owner;
    private final Supplier<CompletionStage<Page>> read;
    private final Consumer<Page> pass;
    private List<Asker> waiting = new ArrayList<>(1);
    private boolean reading;

    /**
     * @param read a page behind the last message that was delivered here
     * @param pass has what is in it delivered
     */
    ReadOn(Loop owner, Supplier<CompletionStage<Page>> read, Consumer<Page> pass) {
        this.owner = owner;
        this.read = read;
        this.pass = pass;
    }

    /** Who knows of something. */
    interface Asker {
        /** A page has passed; the log stood there. */
        void passed(Head log);

        void failed(Throwable error);
    }

    void ask(Asker asker) {
        assert owner.inLoop();
        waiting.add(asker);
        if (!reading) {
            reading = true;
            next();
        }
    }

    private void next() {
        List<Asker> asking = waiting;
        waiting = new ArrayList<>(1);
        read.get()
                .whenComplete((page, error) -> owner.run(() -> {
                    if (error == null) {
                        pass.accept(page);
                        asking.forEach(each -> each.passed(page.head()));
                    } else {
                        Throwable cause = error instanceof CompletionException whole && whole.getCause() != null
                                ? whole.getCause()
                                : error;
                        asking.forEach(each -> each.failed(cause));
                    }
                    reading = !waiting.isEmpty();
                    if (reading) {
                        next();
                    }
                }));
    }
}
