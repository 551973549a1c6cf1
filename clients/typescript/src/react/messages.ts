import type { Message, Pending, Roomwire, RoomwireError } from 'roomwire';

export interface Messages<C = unknown> {
    /** Oldest first. */
    readonly messages: readonly Message<C>[];
    /** What was sent from here and is not stored yet, in order. */
    readonly pending: readonly Pending<C>[];
    /** The server does not let us in, or does not give what was before. */
    readonly error: RoomwireError | undefined;
    /** Whether there is more above. */
    readonly hasOlder: boolean;
    /** Gets a page from above the oldest message. */
    readonly loadOlder: () => Promise<void>;
}

interface Store {
    readonly subscribe: (changed: () => void) => () => void;
    readonly snapshot: () => Messages;
}

/** A page when the application names no number of its own. */
const PAGE = 50;
const stores = new WeakMap<object, Map<string, Store>>();

/** The list of a room, shared by all who look at it; it is forgotten when nobody does any more. */
export function messagesOf(client: Roomwire<Record<string, unknown>>, id: string, history: number): Store {
    const key = `${history} ${id}`;
    const ofClient = stores.get(client) ?? new Map<string, Store>();
    stores.set(client, ofClient);
    const known = ofClient.get(key);
    if (known) return known;
    const room = client.room(id, { open: false });
    const watchers = new Set<() => void>();
    let now: Messages = { messages: room.messages, pending: room.pending, error: undefined, hasOlder: true, loadOlder };
    let filled = false;
    let loading: Promise<void> | undefined;

    function set(change: Partial<Messages>): void {
        now = { ...now, ...change };
        for (const watcher of [...watchers]) watcher();
    }

    function loadOlder(): Promise<void> {
        return (loading ??= page().finally(() => (loading = undefined)));
    }

    async function page(): Promise<void> {
        const before = now.messages.find(({ seq }) => seq)?.seq;
        try {
            const pages = room.history({ limit: history || PAGE, ...(before !== undefined && { before }) });
            const { value } = await pages.next();
            if (!value) return;
            // What came live meanwhile may be in the page, too.
            const firstSeq = now.messages.find(({ seq }) => seq)?.seq ?? Infinity;
            const older = value.messages.filter(({ seq }) => seq! < firstSeq);
            set({ messages: [...older, ...now.messages], hasOlder: value.hasMore });
        } catch (error) {
            set({ error: error as RoomwireError });
        }
    }

    const fill = () => {
        filled ||= (history > now.messages.length && void loadOlder(), true);
    };
    room.on('message', (message) => set({ messages: [...now.messages, message] }));
    room.on('restored', (messages) => set({ messages }));
    room.on('joined', () => (now.error && set({ error: undefined }), fill()));
    room.on('reset', ({ resumedAfter }) => set({ messages: now.messages.filter(({ seq }) => !(seq! > resumedAfter)) }));
    room.on('refused', (error) => set({ error }));
    room.on('pending', () => set({ pending: room.pending }));

    const store: Store = {
        snapshot: () => now,
        subscribe(changed) {
            const watcher = () => changed();
            watchers.add(watcher);
            ofClient.set(key, store);
            if (room.closed) {
                room.open();
                set({ messages: room.messages.length > now.messages.length ? room.messages : now.messages });
                room.joined().then(fill, () => {});
            }
            return () => {
                watchers.delete(watcher);
                // Under StrictMode, and when components change places, somebody is back at once.
                setTimeout(() => {
                    if (watchers.size) return;
                    room.close();
                    if (ofClient.get(key) === store) ofClient.delete(key);
                });
            };
        },
    };
    ofClient.set(key, store);
    return store;
}
