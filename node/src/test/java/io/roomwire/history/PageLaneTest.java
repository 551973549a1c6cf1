package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.protocol.Head;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class PageLaneTest {
    private static final Page PAGE = new Page(List.of(), 1, Head.NONE);

    private final List<CompletableFuture<Page>> begun = new ArrayList<>();

    private CompletableFuture<Page> ask(PageLane lane) {
        return lane.read(() -> {
                    CompletableFuture<Page> read = new CompletableFuture<>();
                    begun.add(read);
                    return read;
                })
                .toCompletableFuture();
    }

    @Test
    void soManyAreUnderWayAndTheOthersFollowHoweverThoseEnd() {
        PageLane lane = new PageLane(2, 60_000);
        List<CompletableFuture<Page>> asked = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            asked.add(ask(lane));
        }
        assertThat(begun).hasSize(2);
        begun.get(1).complete(PAGE);
        assertThat(asked.get(1)).isCompletedWithValue(PAGE);
        assertThat(begun).hasSize(3);
        begun.get(0).completeExceptionally(new IllegalStateException("lost"));
        assertThat(asked.get(0)).isCompletedExceptionally();
        assertThat(begun).hasSize(4);
        for (int i = 2; i < 5; i++) {
            begun.get(i).complete(PAGE);
        }
        assertThat(asked.subList(1, 5)).allMatch(each -> each.isDone() && !each.isCompletedExceptionally());
        ask(lane);
        ask(lane);
        assertThat(begun).as("all places are free again").hasSize(7);
    }

    @Test
    void readsThatAnswerAtOnceNeedNoStack() {
        PageLane lane = new PageLane(1, 60_000);
        CompletableFuture<Page> first = ask(lane);
        List<CompletableFuture<Page>> others = new ArrayList<>();
        for (int i = 0; i < 9_999; i++) {
            others.add(lane.read(() -> CompletableFuture.completedFuture(PAGE)).toCompletableFuture());
        }
        begun.get(0).complete(PAGE);
        assertThat(first).isCompleted();
        assertThat(others).allMatch(CompletableFuture::isDone);
    }
}
