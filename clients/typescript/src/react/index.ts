import { createContext, createElement, useCallback, useContext, useEffect, useMemo, useSyncExternalStore } from 'react';
import type { ReactElement, ReactNode } from 'react';
import type { MemberList, Room, Roomwire, Status } from 'roomwire';
import { messagesOf } from './messages.js';
import type { Messages } from './messages.js';

export type { Messages } from './messages.js';

type Client = Roomwire<Record<string, unknown>>;

const Context = createContext<Client | undefined>(undefined);

export interface ProviderProps {
    /** Made outside of components, so that it outlives their renders; whoever makes it closes it. */
    readonly client: object;
    readonly children?: ReactNode;
}

export function RoomwireProvider({ client, children }: ProviderProps): ReactElement {
    return createElement(Context.Provider, { value: client as Client }, children);
}

/** The client of the nearest provider. */
export function useClient(): Client {
    const client = useContext(Context);
    if (!client) throw new Error('no RoomwireProvider above this component');
    return client;
}

/** How the connection stands. */
export function useConnection(): Status {
    const client = useClient();
    const subscribe = useCallback((changed: () => void) => client.on('state', changed), [client]);
    const snapshot = () => client.status;
    return useSyncExternalStore(subscribe, snapshot, snapshot);
}

/** A hold on a room for as long as the component is there: to send, and to listen in effects. */
export function useRoom<C = unknown>(id: string): Room<C> {
    const client = useClient();
    const room = useMemo(() => client.room(id, { open: false }), [client, id]);
    useEffect(() => {
        room.open();
        return () => room.close();
    }, [room]);
    return room as Room<C>;
}

/**
 * What was said in a room: `history` messages from before, and each new one once and in order. Components that show the same
 * room share one list, which is the same object until it changes.
 */
export function useMessages<C = unknown>(id: string, { history = 0 }: { history?: number } = {}): Messages<C> {
    const client = useClient();
    const store = useMemo(() => messagesOf(client, id, history), [client, id, history]);
    return useSyncExternalStore(store.subscribe, store.snapshot, store.snapshot) as Messages<C>;
}

/** Who is in a room; undefined until the server has told. */
export function usePresence(id: string): MemberList | undefined {
    const room = useRoom(id);
    const subscribe = useCallback((changed: () => void) => room.presence.on('change', changed), [room]);
    const snapshot = () => room.presence.current;
    return useSyncExternalStore(subscribe, snapshot, snapshot);
}
