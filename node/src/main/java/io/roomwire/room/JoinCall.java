package io.roomwire.room;

import io.roomwire.protocol.Request;
import io.roomwire.protocol.RequestException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection wants to become a member.
 *
 * @param member new, and in no room yet
 * @param replaces the membership of the same connection that this one takes the place of, or null
 * @param request what the client asked for; null if it did not, and gets no {@code joined}
 * @param readsPast whether it may have what was said before; else that is a gap for it
 * @param letIn told on the owner's thread when {@code joined} is about to be sent, so never without a request
 * @param refused told on the owner's thread if it cannot be
 */
public record JoinCall(
        Membership member,
        @Nullable Membership replaces,
        Request.@Nullable Join request,
        boolean readsPast,
        Runnable letIn,
        Consumer<RequestException> refused) {}
