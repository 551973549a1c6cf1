package io.roomwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.protocol.Message;
import io.roomwire.protocol.UserId;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class HistoryTest {
    private static List<Message> messages(int count, int bytesEach) {
        byte[] content = new byte[bytesEach];
        return LongStream.rangeClosed(1, count)
                .mapToObj(seq -> new Message(seq, 1, new UserId("sender"), null, content))
                .toList();
    }

    private static List<Long> seqs(List<Message> messages) {
        return messages.stream().map(Message::seq).toList();
    }

    @Test
    void aPageOfLargeMessagesEndsEarlyWhereItWasGoing() {
        List<Message> large = messages(500, 300_000);

        assertThat(seqs(History.fitting(large, true))).containsExactly(1L, 2L, 3L);
        assertThat(seqs(History.fitting(large, false))).containsExactly(498L, 499L, 500L);
    }

    @Test
    void oneMessageIsShownHoweverLarge() {
        assertThat(seqs(History.fitting(messages(2, 3_000_000), true))).containsExactly(1L);
        assertThat(seqs(History.fitting(messages(2, 3_000_000), false))).containsExactly(2L);
    }

    @Test
    void aPageOfSmallMessagesIsWhole() {
        assertThat(History.fitting(messages(500, 1000), true)).hasSize(500);
    }
}
