/** A part of the Web Locks API: what tells a tab that another one has died. */
export interface Locks {
    request(name: string, options: { ifAvailable?: boolean; signal?: AbortSignal }, held: (lock: object | null) => unknown): Promise<unknown>;
}

/** What tells a tab that another one has come. */
export interface Channel {
    onmessage: ((event: { data: unknown }) => void) | null;
    postMessage(message: unknown): void;
    close(): void;
}

/**
 * The lives of clients that share a store. Each holds a lock for as long as it lives. Whoever gets the lock of another knows
 * that it is over, and is its one heir.
 */
export class Sessions {
    readonly #mine: string;
    readonly #prefix: string;
    readonly #locks: Locks | undefined;
    readonly #inherit: (session: string) => Promise<void>;
    readonly #known = new Set<string>();
    readonly #end = new AbortController();
    #channel: Channel | undefined;

    /** `inherit` is called once for each session that is over. Without `locks` all others are taken for over. */
    constructor(mine: string, prefix: string, locks: Locks | undefined, inherit: (session: string) => Promise<void>) {
        this.#mine = mine;
        this.#prefix = prefix;
        this.#locks = locks;
        this.#inherit = inherit;
    }

    /** Takes the own lock, and makes oneself known to those who come later. */
    async begin(channel: Channel | undefined): Promise<void> {
        this.#known.add(this.#mine);
        if (!this.#locks) return;
        await new Promise<unknown>((begun) => this.#hold(this.#mine, {}, begun));
        if (!channel) return;
        this.#channel = channel;
        channel.onmessage = ({ data }) => {
            if (typeof data !== 'string' || this.#known.has(data)) return;
            channel.postMessage(this.#mine); // whoever comes has to know of those who are here
            this.#await(data);
        };
        channel.postMessage(this.#mine);
    }

    /** Inherits from a session that left something, at once if it is over, else when it will be. */
    async found(session: string): Promise<void> {
        if (this.#known.has(session)) return;
        if (!this.#locks) {
            this.#known.add(session);
            return this.#inherit(session);
        }
        const over = await new Promise<boolean>((tried) => this.#hold(session, { ifAvailable: true }, tried));
        if (over) {
            this.#known.add(session);
            await this.#inherit(session);
        } else this.#await(session);
    }

    close(): void {
        this.#end.abort();
        this.#channel?.close();
    }

    #await(session: string): void {
        this.#known.add(session);
        this.#hold(session, { signal: this.#end.signal }, (held) => held && void this.#inherit(session));
    }

    /** Asks for the lock of a session and, if it is granted, keeps it until the end. */
    #hold(session: string, options: { ifAvailable?: boolean; signal?: AbortSignal }, granted: (held: boolean) => void): void {
        const kept = this.#locks!.request(this.#prefix + session, options, (lock) => {
            granted(lock !== null);
            if (lock === null || this.#end.signal.aborted) return undefined;
            return new Promise<void>((resolve) => this.#end.signal.addEventListener('abort', () => resolve()));
        });
        kept.catch(() => granted(false)); // given up by close, or not allowed here
    }
}
