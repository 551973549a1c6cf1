import type { Store } from './store.js';

/** Undefined takes the key away. */
type Produce = () => unknown;

interface Write {
    produce: Produce;
    readonly written: Promise<void>;
    readonly settle: (error?: unknown) => void;
}

/** Writes to a store in turn, each key as it is by then: what was overtaken while another write was under way is not written. */
export class Writer {
    readonly #store: Store;
    readonly #pauseMs: number;
    readonly #writes = new Map<string, Write>();
    /** When a key was written last. Never taken out: a client has as many keys as rooms. */
    readonly #writtenAt = new Map<string, number>();
    #busy = false;
    #wake = () => {};

    /** `pauseMs` stands between two writes of a key, for values that change all the time. */
    constructor(store: Store, pauseMs: number) {
        this.#store = store;
        this.#pauseMs = pauseMs;
    }

    /** Settles when this or something newer is in the store; fails as the store does. */
    write(key: string, produce: Produce): Promise<void> {
        const known = this.#writes.get(key);
        if (known) {
            known.produce = produce;
            return known.written;
        }
        let settle!: (error?: unknown) => void;
        const written = new Promise<void>((resolve, reject) => {
            settle = (error) => (error === undefined ? resolve() : reject(error));
        });
        written.catch(() => {}); // who wants to know waits for it
        this.#writes.set(key, { produce, written, settle });
        if (this.#busy) this.#wake();
        else void this.#run();
        return written;
    }

    async #run(): Promise<void> {
        this.#busy = true;
        while (this.#writes.size > 0) {
            let nextMs = Infinity;
            for (const [key, write] of [...this.#writes]) {
                const dueMs = (this.#writtenAt.get(key) ?? -Infinity) + this.#pauseMs - performance.now();
                if (dueMs <= 0) {
                    await this.#write(key, write);
                    nextMs = 0; // others may have come meanwhile
                } else nextMs = Math.min(nextMs, dueMs);
            }
            if (nextMs > 0) await this.#sleep(nextMs);
        }
        this.#busy = false;
    }

    /** A key that comes meanwhile need not wait for the others. */
    async #sleep(ms: number): Promise<void> {
        await new Promise<void>((resolve) => {
            this.#wake = resolve;
            setTimeout(resolve, ms);
        });
    }

    async #write(key: string, { produce, settle }: Write): Promise<void> {
        this.#writes.delete(key);
        if (this.#pauseMs > 0) this.#writtenAt.set(key, performance.now());
        try {
            const value = produce();
            await (value === undefined ? this.#store.delete(key) : this.#store.set(key, value));
            settle();
        } catch (error) {
            settle(error ?? new Error('the store failed'));
        }
    }
}
