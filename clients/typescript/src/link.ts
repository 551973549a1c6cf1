import { orderedMs } from './backoff.js';
import type { Core } from './core.js';
import { RoomwireError } from './error.js';
import { enter, look, newPlace, pass, seqOf } from './place.js';
import { createRoster } from './roster.js';
import type { Roster } from './roster.js';
import type { Frame, Message, RoomEvents } from './types.js';

/** How long what was missed may take until messages are sent all the same, see `Link.live`. */
const CATCH_UP_MS = 5000;

/** A part of the application that is in the room, and is told what happens there. */
export type Holder = (type: keyof RoomEvents<unknown> | 'closed', value: unknown) => void;

/** The one membership in a room that all its holders share, and the place in its log. */
export interface Link {
    readonly holders: Set<Holder>;
    readonly roster: Roster;
    tell: Holder;
    /** On this connection. */
    isIn(): boolean;
    /**
     * Messages may go. Not before what was missed has come, in which one's own may stand: that keeps a message single even
     * after the server has forgotten its id.
     */
    live(): boolean;
    /** The epoch of the room's log. */
    life(): string | undefined;
    /** What messages to the room fail with, if they have to. */
    barred(): RoomwireError | undefined;
    /** The room's newest messages, the same array until there is another one. */
    messages(): readonly Message[];
    /** Settles when the room is joined; fails when it does not let us in. */
    entered(): Promise<void>;
    /** Joins, as soon as that can be. Also when joined already: with another wish, or to fill a hole. */
    join(): void;
    /** The application asks again, after the room did not let us in. */
    retry(): void;
    received(frame: Frame): void;
    /** The connection is gone. */
    lost(): void;
    /** Gives whether the server has to be told. */
    leave(): boolean;
    /** Nothing comes any more. */
    close(error: RoomwireError): void;
}

export function createLink(id: string, core: Core): Link {
    const { keeper, keep } = core;
    const holders = new Set<Holder>();
    const place = newPlace();
    let joinId: string | undefined;
    let joined = false;
    let live = false;
    let error: RoomwireError | undefined;
    /** Put out by somebody: not back before the application asks. */
    let out = false;
    let refusals = 0;
    let recent: readonly Message[] = [];
    let waiting: ((failure?: RoomwireError) => void)[] = [];

    const tell: Holder = (type, value) => {
        for (const holder of [...holders]) holder(type, value);
    };

    const settle = (failure?: RoomwireError) => {
        const all = waiting;
        waiting = [];
        for (const end of all) end(failure);
    };

    const load = async () => {
        const saved = await keeper!.load(id);
        loading = undefined;
        if (!saved || place.epoch) return;
        place.epoch = saved.epoch;
        place.seq = saved.seq;
        recent = saved.messages;
        tell('restored', recent);
    };

    const save = async () => {
        if (place.epoch) await keeper?.save(id, () => ({ epoch: place.epoch!, seq: place.seq, messages: recent }));
    };

    const join = () => {
        if (!core.isOpen() || out) return;
        if (loading) return void loading.then(join);
        const mine = (joinId = core.outbox.nextId());
        joined = false;
        error = undefined;
        const { epoch, seq } = place;
        const frame = {
            type: 'join',
            room_id: id,
            id: mine,
            user_id: core.me(), // where no token names the user, the first join has to
            presence: roster.wanted() || undefined,
            after: epoch && seq,
            epoch,
        };
        core.ask(frame).catch((failure: RoomwireError) => {
            if (mine !== joinId || failure.code === 'lost') return;
            live = false; // who is refused is no member any more, though it was one before
            if (!failure.passes) return refuse(failure);
            const again = () => mine === joinId && join();
            core.later(again, orderedMs(failure.retryAfterMs, refusals++));
        });
    };

    const lost = () => {
        joined = live = false;
        joinId = undefined;
        roster.lost();
    };

    const refuse = (failure: RoomwireError) => {
        lost();
        error = failure;
        settle(failure);
        tell('refused', failure);
        core.outbox.refuseAll(id, failure);
    };

    const entered = async (frame: Frame) => {
        const resumed = !!place.epoch;
        const mine = joinId;
        const reset = enter(place, frame);
        const { seq, epoch } = place;
        joined = true;
        refusals = 0;
        if (reset) {
            recent = recent.filter((message) => !(message.seq! > reset.resumedAfter));
            tell('reset', { room: id, ...reset });
        }
        tell('joined', { seq: epoch && seq, epoch, resumed });
        settle();
        roster.joined();
        const kept = save();
        const mayGo = () => mine === joinId && goLive();
        // Before the place is in the store nothing may go: after a kill it could not be found again in what was missed.
        if (!resumed && keeper) await kept;
        if (place.seq >= place.head) mayGo();
        else core.later(mayGo, CATCH_UP_MS); // not for ever, if what was missed does not come
    };

    const goLive = () => {
        if (live || !joined) return;
        live = true;
        core.outbox.flush(id);
    };

    const moved = () => {
        void save();
        if (place.seq >= place.head) goLive();
    };

    const skip = (to: number) => {
        const gap = pass(place, to);
        if (gap) tell('gap', { room: id, ...gap });
    };

    const hear = ({ type, room_id: _, ...rest }: Frame) => {
        const message = { ...rest, room: id } as unknown as Message;
        recent = [...recent, message].slice(-keep);
        // Others see the ids that we give, and may give the same.
        if (type === 'broadcast' && message.sender === core.me()) core.outbox.settle(message.id, message.seq, place.epoch);
        tell('message', message);
    };

    const follow = (frame: Frame) => {
        if (frame.seq !== undefined) {
            const seq = seqOf(frame.seq);
            if (!seq) return;
            const verdict = look(place, seq);
            if (verdict === 'old') return;
            if (verdict === 'hole') return join();
            skip(seq - 1);
            place.seq = seq;
        }
        hear(frame);
        moved();
    };

    const roster = createRoster(id, core, () => joined && join());
    let loading = keeper && load();

    return {
        holders,
        roster,
        tell,
        isIn: () => joined,
        live: () => live,
        life: () => place.epoch,
        barred: () => error,
        messages: () => recent,
        entered: () =>
            new Promise((resolve, reject) => {
                waiting.push((failure) => (failure ? reject(failure) : resolve()));
                if (error || joined) settle(error);
            }),
        join,
        retry() {
            out = false;
            if (!joinId) join();
        },
        received(frame) {
            const { type, from, to } = frame;
            if (type === 'joined') {
                if (frame.id === joinId && !joined) void entered(frame);
            } else if (type === 'left') {
                if (frame.id !== undefined) return; // asked for
                out = true;
                refuse(new RoomwireError('forbidden'));
            } else if (!joined) {
                // What else comes is of a membership that is over. A direct message that comes before the answer to our join is
                // passed on if that brings no past, and comes with the past else.
                if (type === 'direct' && !place.epoch) hear(frame);
            } else if (type === 'broadcast' || type === 'direct') follow(frame);
            else if (type === 'gap') {
                if (seqOf(from)! > place.seq + 1 || !seqOf(from) || !seqOf(to)) return;
                skip(to as number);
                moved();
            } else roster.received(frame);
        },
        lost,
        leave() {
            const here = !!joinId;
            lost();
            settle(new RoomwireError('closed'));
            return here;
        },
        close(failure) {
            lost();
            settle(failure);
            tell('closed', undefined);
            holders.clear();
        },
    };
}
