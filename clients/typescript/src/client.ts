import { createCore } from './core.js';
import type { Core } from './core.js';
import { Room } from './room.js';
import type { ClientEvents, Off, Options, Sending, State, Status, Waiting } from './types.js';

type Direct<R> = '@' extends keyof R ? R['@'] : unknown;

/**
 * A client of a Roomwire server: one connection, any number of rooms. What is sent is stored once and in order; what is
 * received comes once and in order, over any number of connections.
 *
 * `R` says what the rooms' messages are: `{ lobby: Chat; [cursors: `cursors:${string}`]: Point; '@': Note }`, where `@`
 * stands for direct messages.
 */
export class Roomwire<R extends object = Record<string, unknown>> {
    readonly #core: Core;

    constructor(url: string, options: Options) {
        this.#core = createCore(url, options);
        // Behind the code that makes the client: its rooms are then joined in the order in which it opens them.
        if (options.connect !== false) queueMicrotask(() => this.state === 'idle' && this.connect());
    }

    /** Who this is; undefined until a token has said it. */
    get user(): string | undefined {
        return this.#core.me();
    }

    get state(): State {
        return this.status.state;
    }

    /** The same object until it changes. */
    get status(): Status {
        return this.#core.line.status();
    }

    /** Connects now, if there is no connection: what brings a client back that was told to stay away. */
    connect(): void {
        this.#core.connect();
    }

    /** For the moments when the world has changed: proves the line, or makes another. Browsers tell of most by themselves. */
    wake(): void {
        this.#core.line.wake();
    }

    /** Asks for a fresh token, and gives it to the server on the present connection: for rights that have changed. */
    renew(): Promise<void> {
        return this.#core.line.renew();
    }

    /** A hold on a room, which is joined with the first one and left with the last. `open: false` waits for `room.open()`. */
    room<K extends keyof R & string>(id: K, { signal, open = true }: Waiting & { open?: boolean } = {}): Room<R[K]> {
        const room = new Room<R[K]>(id, this.#core);
        if (!open || signal?.aborted) return room;
        signal?.addEventListener('abort', () => room.close());
        return room.open();
    }

    on<K extends keyof ClientEvents<Direct<R>>>(
        type: K,
        listener: (value: ClientEvents<Direct<R>>[K]) => unknown,
        waiting?: Waiting,
    ): Off {
        return this.#core.events.on(type, listener as never, waiting);
    }

    /** To all connections of that user, and to nobody else. Settles when it is stored. */
    direct(user: string, content: Direct<R>, waiting: Waiting = {}): Sending {
        return this.#core.send(`@${user}`, content, waiting);
    }

    /** Ends the connection and all that waits. What a store has is sent by the next life. */
    close(): void {
        this.#core.close();
    }
}
