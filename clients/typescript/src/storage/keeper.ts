import type { Keeper, Saved, SavedRoom } from 'roomwire';
import { indexedDb } from './indexed-db.js';
import { Sessions } from './sessions.js';
import type { Channel, Locks } from './sessions.js';
import type { Store } from './store.js';
import { Writer } from './writer.js';

/** A room's place may be this old in the store: what came meanwhile is asked for again, and not lost. */
const ROOM_PAUSE_MS = 100;
/** A tab that was frozen in the middle of a write holds the store for as long as it sleeps. Messages do not wait for that. */
const PATIENCE_MS = 3000;

export interface StorageOptions {
    /** Where it is kept; IndexedDB if absent. */
    readonly store?: Store | undefined;
    /** Tells several servers or applications of one origin apart. */
    readonly name?: string | undefined;
    /** What tells that another tab is over; the browser's own if absent. Null: there is only this one client. */
    readonly locks?: Locks | null | undefined;
}

/**
 * Keeps what was sent and is not stored yet, and where each room was, over the end of the page or process. Clients of one
 * user with the same store and name share it: what one leaves unsent when it ends, another one sends.
 */
export function storage({ store = indexedDb(), name = 'roomwire', locks = browserLocks() }: StorageOptions = {}): Keeper {
    return new StoreKeeper(store, name, locks ?? undefined);
}

class StoreKeeper implements Keeper {
    readonly #store: Store;
    readonly #name: string;
    readonly #locks: Locks | undefined;
    /** By time first, so that of two sessions the messages of the older one go first. */
    readonly #session = `${Date.now().toString(36).padStart(9, '0')}-${crypto.getRandomValues(new Uint32Array(1))[0]!.toString(36)}`;
    readonly #messages: Writer;
    readonly #rooms: Writer;
    readonly #keys = new Map<string, string>();
    readonly #opened: Promise<string>;
    #setOpened!: (base: string) => void;
    /** What earlier lives left is known: only now can one's own messages be told in what a room missed. */
    readonly #adopted: Promise<void>;
    #setAdopted!: () => void;
    #sessions: Sessions | undefined;
    #count = 0;

    constructor(store: Store, name: string, locks: Locks | undefined) {
        this.#store = store;
        this.#name = name;
        this.#locks = locks;
        this.#messages = new Writer(store, 0);
        this.#rooms = new Writer(store, ROOM_PAUSE_MS);
        this.#opened = new Promise((resolve) => (this.#setOpened = resolve));
        this.#adopted = new Promise((resolve) => (this.#setAdopted = resolve));
    }

    async open(user: string, adopt: (messages: readonly Saved[]) => void): Promise<void> {
        // Never another user's: who shares a browser must not send what somebody else wrote.
        const base = `${this.#name}/${encodeURIComponent(user)}/`;
        this.#setOpened(base);
        let found: Saved[] | undefined = [];
        this.#sessions = new Sessions(this.#session, base, this.#locks, async (session) => {
            const messages = await this.#left(`${base}out/${session}/`);
            if (found) found.push(...messages);
            else adopt(messages);
        });
        // A store that fails is one that forgets: what is sent now is sent all the same.
        await soon(this.#find(base, this.#sessions));
        const first = found;
        found = undefined;
        adopt(first);
        this.#setAdopted();
    }

    async put(message: Saved): Promise<void> {
        const base = await this.#opened;
        const key = `${base}out/${this.#session}/${String(++this.#count).padStart(9, '0')}`;
        this.#keys.set(message.id, key);
        return this.#messages.write(key, () => message);
    }

    drop(id: string): void {
        const key = this.#keys.get(id);
        if (key === undefined) return void this.#opened.then(() => this.#keys.has(id) && this.drop(id));
        this.#keys.delete(id);
        void this.#messages.write(key, () => undefined);
    }

    async load(room: string): Promise<SavedRoom | undefined> {
        await this.#adopted;
        const saved = await soon(this.#store.get(roomKey(await this.#opened, room)));
        return isSavedRoom(saved) ? saved : undefined;
    }

    async save(id: string, room: () => SavedRoom | undefined): Promise<void> {
        const base = await this.#opened;
        await soon(this.#rooms.write(roomKey(base, id), room));
    }

    close(): void {
        this.#sessions?.close();
    }

    async #find(base: string, sessions: Sessions): Promise<void> {
        await sessions.begin(this.#locks && channel(base));
        const keys = await this.#store.keys(`${base}out/`);
        const found = new Set(keys.map((key) => key.slice(base.length + 4).split('/')[0]!));
        for (const session of [...found].sort()) await sessions.found(session);
    }

    async #left(prefix: string): Promise<Saved[]> {
        const messages: Saved[] = [];
        for (const key of [...(await this.#store.keys(prefix))].sort()) {
            const message = await this.#store.get(key);
            if (!isSaved(message)) continue;
            this.#keys.set(message.id, key);
            messages.push(message);
        }
        return messages;
    }
}

function roomKey(base: string, room: string): string {
    return `${base}room/${encodeURIComponent(room)}`;
}

/** What is in a store may be of another version, or of somebody else. */
function isSaved(value: unknown): value is Saved {
    const { id, to, text } = (value ?? {}) as Saved;
    if (typeof id !== 'string' || typeof to !== 'string' || typeof text !== 'string') return false;
    try {
        JSON.parse(text);
        return true;
    } catch {
        return false;
    }
}

function isSavedRoom(value: unknown): value is SavedRoom {
    const { epoch, seq, messages } = (value ?? {}) as Partial<SavedRoom>;
    return typeof epoch === 'string' && Number.isSafeInteger(seq) && Array.isArray(messages);
}

/** What a promise gives, or nothing if it fails or takes too long. */
function soon<T>(promise: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
        promise
            .then(resolve, () => resolve(undefined))
            .finally(() => clearTimeout(timer));
    });
}

function browserLocks(): Locks | undefined {
    return (globalThis.navigator as { locks?: Locks } | undefined)?.locks;
}

function channel(name: string): Channel | undefined {
    return typeof BroadcastChannel === 'undefined' ? undefined : (new BroadcastChannel(name) as Channel);
}
