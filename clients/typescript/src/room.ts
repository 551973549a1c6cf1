import type { Core } from './core.js';
import { createEmitter } from './emitter.js';
import type { Holder } from './link.js';
import { memberList } from './roster.js';
import type { Frame, HistoryRange, Message, Off, Page, Pending, Presence, RoomEvents, Sending, Waiting } from './types.js';
import { orAborted } from './wait.js';

/**
 * A part of the application's hold on a room. The membership is shared by all of them: the room is joined with the first and
 * left with the last.
 */
export class Room<C = unknown> {
    readonly id: string;
    /** Who is here: `on` to be told, `list` to ask. */
    readonly presence: Presence;
    readonly #core: Core;
    readonly #events;
    readonly #holder: Holder;
    #open = false;

    /** @internal `client.room` makes rooms. */
    constructor(id: string, core: Core) {
        this.id = id;
        this.#core = core;
        this.presence = {
            get current() {
                return core.link(id).roster.list();
            },
            on: (_, listener, waiting) => core.link(id).roster.watch(listener, waiting),
            list: async (waiting = {}) => memberList(await core.request(id, { type: 'presence' }, waiting)),
        };
        this.#events = createEmitter<RoomEvents<C> & { closed: unknown }>(core.report);
        this.#holder = (type, value) => {
            if (type === 'closed') this.#open = false;
            this.#events.emit(type, value as never);
        };
    }

    get closed(): boolean {
        return !this.#open;
    }

    /** The newest messages that the client holds; the same array until there is another one. */
    get messages(): readonly Message<C>[] {
        return this.#core.link(this.id).messages() as readonly Message<C>[];
    }

    /** What was sent to this room and is not stored yet, in order. */
    get pending(): readonly Pending<C>[] {
        return this.#core.outbox.pending(this.id) as readonly Pending<C>[];
    }

    on<K extends keyof RoomEvents<C>>(type: K, listener: (value: RoomEvents<C>[K]) => unknown, waiting?: Waiting): Off {
        return this.#events.on(type, listener as never, waiting);
    }

    /** Settles when the message is stored. It is kept, and sent again with the same id, for as long as that takes. */
    send(content: C, waiting: Waiting = {}): Sending {
        return this.#core.send(this.id, content, waiting);
    }

    /** At most once, and not at all while the line is down or full: for what is stale when it is late. Gives whether it went. */
    flash(content: C): boolean {
        return this.#core.flash(this.id, content);
    }

    /** Settles when the room is joined; fails when it does not let us in. */
    joined({ signal }: Waiting = {}): Promise<void> {
        return orAborted(this.#core.link(this.id).entered(), signal);
    }

    /** Pages of what was said, from the newest back unless the range says otherwise. */
    async *history({ signal, ...range }: HistoryRange = {}): AsyncGenerator<Page<C>, void, undefined> {
        let { before, after } = range;
        const forward = after !== undefined || (range.since !== undefined && before === undefined);
        for (;;) {
            const frame = await this.#core.request(this.id, { type: 'history', ...range, before, after }, { signal });
            const page = pageOf<C>(this.id, frame);
            yield page;
            const edge = page.messages.at(forward ? -1 : 0)?.seq;
            if (!page.hasMore || edge === undefined) return;
            if (forward) after = edge;
            else before = edge;
        }
    }

    /** The messages from now on. Ends when the room is closed, and fails when it does not let us in. */
    stream({ signal }: Waiting = {}): AsyncGenerator<Message<C>, void, undefined> {
        /** A message, an error, or the end. */
        const queue: ((() => Message<C>) | undefined)[] = [];
        let wake = () => {};
        const add = (item?: () => Message<C>) => {
            queue.push(item);
            wake();
        };
        const fail = (error: unknown) =>
            add(() => {
                throw error;
            });
        const abort = () => fail(signal!.reason);
        const offs = [
            this.#events.on('message', (message) => add(() => message as Message<C>)),
            this.#events.on('refused', fail),
            this.#events.on('closed', () => add()),
        ];
        signal?.addEventListener('abort', abort);
        if (signal?.aborted) abort();
        if (!this.#open) add();
        return (async function* () {
            try {
                for (;;) {
                    while (queue.length) {
                        const item = queue.shift();
                        if (!item) return;
                        yield item();
                    }
                    await new Promise<void>((resolve) => (wake = resolve));
                }
            } finally {
                for (const off of offs) off();
            }
        })();
    }

    [Symbol.asyncIterator](): AsyncGenerator<Message<C>, void, undefined> {
        return this.stream();
    }

    /** Enters the room again after `close`. */
    open(): this {
        if (!this.#open) this.#core.hold(this.id, this.#holder);
        this.#open = true;
        return this;
    }

    /** Gives this hold up. What was sent is stored all the same. */
    close(): void {
        if (!this.#open) return;
        this.#core.release(this.id, this.#holder);
        this.#holder('closed', undefined);
    }
}

function pageOf<C>(room: string, { messages, has_more, oldest }: Frame): Page<C> {
    const all = Array.isArray(messages) ? messages : [];
    return {
        messages: all.map((each) => ({ ...each, room })),
        hasMore: !!has_more,
        oldest: oldest as number | undefined,
    };
}
