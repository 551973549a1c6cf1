import { orderedMs } from './backoff.js';
import type { Emitter } from './emitter.js';
import { RoomwireError } from './error.js';
import type { ClientEvents, Keeper, Pending, Saved, Sending, Stored, Waiting } from './types.js';

interface Entry extends Saved {
    readonly content: unknown;
    /** On its way over the present connection. */
    sent?: boolean;
    readonly settle?: (stored: Stored) => void;
    readonly fail?: (error: unknown) => void;
}

/** The messages to one room or one user. */
interface Queue {
    readonly to: string;
    readonly entries: Map<string, Entry>;
    /** Waits, as the server asked for. */
    held?: ReturnType<typeof setTimeout> | undefined;
    refusals: number;
}

export interface OutboxOwner {
    /** Whether messages of this queue may go now. */
    mayGo(to: string): boolean;
    send(frame: object): boolean;
    changed(to: string): void;
    readonly events: Pick<Emitter<ClientEvents<unknown>>, 'emit'>;
}

/**
 * What was sent and is not stored yet. A message goes with the same id until its answer, in the order in which it was given,
 * and the next one of a room waits for it: one that the server refuses for a moment would else be overtaken.
 */
export interface Outbox {
    /** An id that no other message and no other client has. */
    nextId(): string;
    add(to: string, content: unknown, waiting: Waiting): Sending;
    /** What earlier lives left. At first it goes before what this one has written meanwhile. */
    adopt(messages: readonly Saved[]): void;
    pending(to: string): readonly Pending[];
    amount(to: string): number;
    flush(to: string): void;
    flushAll(): void;
    /** The answer to a message. */
    settle(id: unknown, seq: number | undefined, epoch: string | undefined): void;
    /** An error that may name a message of ours, which is sent again if it may pass, and else given up. Gives whether it did. */
    refuse(id: unknown, error: RoomwireError): boolean;
    refuseAll(to: string, error: RoomwireError): void;
    /** The server found a message too big, and did not say which: the biggest on its way. Comes before `lost`. */
    refuseBiggest(): boolean;
    /** The connection is gone, and with it every answer that was to come. */
    lost(): void;
    /** Whoever waits is told; a store keeps what it has. */
    close(error: RoomwireError): void;
}

export function createOutbox(owner: OutboxOwner, keeper: Keeper | undefined, inFlight = 1): Outbox {
    const queues = new Map<string, Queue>();
    const byId = new Map<string, Queue>();
    // 96 bits: no two clients of a user ever give the same.
    const prefix = crypto.getRandomValues(new Uint32Array(3)).join('');
    let count = 0;
    /** Before an earlier life has been heard of, its messages might be overtaken. */
    let open = !keeper;

    const nextId = () => `${prefix}-${++count}`;
    const entriesOf = (to: string) => [...(queues.get(to)?.entries.values() ?? [])];

    const all = () => [...queues.keys()].flatMap(entriesOf);

    const insert = (entry: Entry) => {
        const { to, id } = entry;
        let queue = queues.get(to);
        if (!queue) queues.set(to, (queue = { to, entries: new Map(), refusals: 0 }));
        queue.entries.set(id, entry);
        byId.set(id, queue);
    };

    const take = (id: unknown) => {
        const queue = byId.get(id as string);
        if (!queue) return undefined;
        const { entries, to } = queue;
        const entry = entries.get(id as string)!;
        byId.delete(entry.id);
        entries.delete(entry.id);
        queue.refusals = 0;
        if (!entries.size) {
            clearTimeout(queue.held);
            queues.delete(to);
        }
        keeper?.drop(entry.id);
        flush(to);
        owner.changed(to);
        return entry;
    };

    const flush = (to: string) => {
        const queue = queues.get(to);
        if (!queue || !open || queue.held || !owner.mayGo(to)) return;
        let ahead = 0;
        for (const entry of queue.entries.values()) {
            if (ahead++ >= inFlight) return;
            entry.sent ||= owner.send(frameOf(entry));
        }
    };

    const fail = (id: unknown, error: RoomwireError) => {
        const entry = take(id);
        if (!entry) return;
        entry.fail?.(error);
        owner.events.emit('failed', { id: entry.id, to: entry.to, content: entry.content, error });
    };

    const flushAll = () => {
        for (const to of queues.keys()) flush(to);
    };

    const lost = () => {
        for (const queue of queues.values()) {
            clearTimeout(queue.held);
            queue.held = undefined;
        }
        for (const entry of all()) entry.sent = false;
    };

    return {
        nextId,
        add(to, content, { signal }) {
            const id = nextId();
            let kept = Promise.resolve();
            const stored = new Promise<Stored>((settle, reject) => {
                signal?.throwIfAborted();
                // As it is now: what is done to the object later is not what was sent.
                const text = JSON.stringify(content);
                if (text === undefined) throw new TypeError('no JSON');
                signal?.addEventListener('abort', () => take(id) && reject(signal.reason));
                insert({ id, to, text, content: JSON.parse(text), settle, fail: reject });
                kept = keeper?.put({ id, to, text }) ?? kept;
                flush(to);
                owner.changed(to);
            });
            // Who does not wait for it has the event `failed`; in Node a rejection that nobody hears would end the process.
            stored.catch(() => {});
            return Object.assign(stored, { id, kept });
        },
        adopt(messages) {
            const mine = open ? [] : all();
            if (!open) queues.clear();
            open = true;
            for (const message of messages)
                if (!byId.has(message.id)) insert({ ...message, content: JSON.parse(message.text) });
            for (const entry of mine) insert(entry);
            for (const to of queues.keys()) owner.changed(to);
            flushAll();
        },
        pending: (to) => entriesOf(to).map(({ id, content }) => ({ id, content })),
        amount: (to) => queues.get(to)?.entries.size ?? 0,
        flush,
        flushAll,
        settle(id, seq, epoch) {
            const entry = take(id);
            if (!entry) return;
            const stored = { id: entry.id, seq, epoch };
            entry.settle?.(stored);
            owner.events.emit('sent', { ...stored, to: entry.to });
        },
        refuse(id, error) {
            const queue = byId.get(id as string);
            if (!queue) return false;
            if (!error.passes) {
                fail(id, error);
                return true;
            }
            queue.entries.get(id as string)!.sent = false;
            clearTimeout(queue.held);
            queue.held = setTimeout(
                () => {
                    queue.held = undefined;
                    flush(queue.to);
                },
                orderedMs(error.retryAfterMs, queue.refusals++),
            );
            return true;
        },
        refuseAll(to, error) {
            for (const { id } of entriesOf(to)) fail(id, error);
        },
        refuseBiggest() {
            const [biggest] = all()
                .filter((entry) => entry.sent)
                .sort((a, b) => b.text.length - a.text.length);
            if (biggest) fail(biggest.id, new RoomwireError('too_large'));
            return !!biggest;
        },
        lost,
        close(error) {
            lost();
            for (const entry of all()) entry.fail?.(error);
            queues.clear();
            byId.clear();
        },
    };
}

/** A direct message is a message to somebody's personal room, though the wire has another word for it. */
function frameOf({ to, id, content }: Entry): object {
    return to[0] === '@' ? { type: 'direct', user_id: to.slice(1), content, id } : { type: 'broadcast', room_id: to, content, id };
}
