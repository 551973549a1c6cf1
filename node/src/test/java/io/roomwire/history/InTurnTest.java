package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class InTurnTest {
    private final InTurn lines = new InTurn();
    private final List<CompletableFuture<String>> begun = new ArrayList<>();

    private CompletableFuture<String> call(String line) {
        return lines.call(line, this::begin).toCompletableFuture();
    }

    private CompletionStage<String> begin() {
        CompletableFuture<String> call = new CompletableFuture<>();
        begun.add(call);
        return call;
    }

    @Test
    void aCallBeginsWhenTheOneBeforeHasEnded() {
        CompletableFuture<String> first = call("line");
        CompletableFuture<String> second = call("line");
        assertThat(begun).hasSize(1);

        begun.get(0).complete("1");

        assertThat(first).isCompletedWithValue("1");
        assertThat(begun).hasSize(2);
        begun.get(1).complete("2");
        assertThat(second).isCompletedWithValue("2");
        assertThat(lines.busy()).isZero();
    }

    @Test
    void anotherLineWaitsForNothing() {
        call("line");
        call("other");

        assertThat(begun).hasSize(2);
    }

    @Test
    void whatWaitsBehindAFailureFailsWithItAndWhatComesLaterBegins() {
        CompletableFuture<String> first = call("line");
        CompletableFuture<String> second = call("line");
        IllegalStateException why = new IllegalStateException("away");

        begun.get(0).completeExceptionally(why);

        assertThat(first).isCompletedExceptionally();
        assertThat(second.handle((value, error) -> error)).isCompletedWithValue(why);
        assertThat(lines.busy()).isZero();
        call("line");
        assertThat(begun).hasSize(2);
    }

    @Test
    void aCallThatCannotBeginIsAFailure() {
        CompletableFuture<String> call = lines.<String>call("line", () -> {
                    throw new IllegalStateException("full");
                })
                .toCompletableFuture();

        assertThat(call).isCompletedExceptionally();
        assertThat(lines.busy()).isZero();
    }

    @Test
    void manyThatEndAtOnceNeedNoDeepStack() {
        call("line");
        CompletableFuture<String> last = null;
        for (int i = 0; i < 50_000; i++) {
            last = lines.call("line", () -> CompletableFuture.completedFuture("at once"))
                    .toCompletableFuture();
        }

        begun.get(0).complete("1");

        assertThat(last).isCompletedWithValue("at once");
    }
}
