import type { RoomwireError } from './error.js';

/** A message of a room, or a direct message. Fields that a newer server adds come along as they are. */
export interface Message<C = unknown> {
    /** The room's id; of a direct message the personal room, `@` and the user id. */
    readonly room: string;
    readonly content: C;
    /** The user id of whoever sent it. */
    readonly sender: string;
    /** When the server accepted it, in milliseconds since 1970. For people: order is by `seq`. */
    readonly ts: number;
    /** The sender's own id of the message. */
    readonly id?: string;
    /** The place in the room's log; absent in an ephemeral room. */
    readonly seq?: number;
    /** An operator took the content out, which is null then. */
    readonly erased?: true;
}

/** Where a message is stored. */
export interface Stored {
    readonly id: string;
    /** Absent in an ephemeral room, where this only says that the server took the message. */
    readonly seq: number | undefined;
    /** Names the life of the room's log that `seq` is of. */
    readonly epoch: string | undefined;
}

/** What `send` and `direct` give: a promise that settles when the message is stored, and a little more. */
export interface Sending extends Promise<Stored> {
    /** The message's id, which it has at once and for ever. */
    readonly id: string;
    /** Settles when the message is in the client's own store, if it has one: from then on it outlives the process. */
    readonly kept: Promise<void>;
}

/** A message that was sent and not stored yet. */
export interface Pending<C = unknown> {
    readonly id: string;
    readonly content: C;
}

export type State = 'idle' | 'connecting' | 'open' | 'waiting' | 'stopped';

/** How the connection stands, and why. */
export interface Status {
    readonly state: State;
    /** The close code that led here. */
    readonly code?: number;
    /** For a person. */
    readonly reason?: string;
    /** While `waiting`: how long until the next try, counted from this event. */
    readonly retryInMs?: number;
}

/** A page of a room's history, oldest message first. */
export interface Page<C = unknown> {
    readonly messages: readonly Message<C>[];
    /** Whether there is more in the direction that was asked for. */
    readonly hasMore: boolean;
    /** The oldest seq that can still be had. */
    readonly oldest: number | undefined;
}

/** Where reading begins, which way it goes, and how much comes in a page. */
export interface HistoryRange extends Waiting {
    /** Goes back from behind this seq. Without `before`, `after` and `since`: back from the newest message. */
    readonly before?: number;
    /** Goes forward from this seq. */
    readonly after?: number;
    /** RFC 3339. */
    readonly since?: string;
    readonly until?: string;
    /** Messages in a page, 1 to 500. */
    readonly limit?: number;
}

export interface Member {
    readonly user: string;
    /** How many connections the user has in the room, as of when the list was asked for. */
    readonly connections: number;
}

export interface MemberList {
    /** Users in the room. It may be more than the list has: that ends at 1,000. */
    readonly count: number;
    readonly members: readonly Member[];
}

/** Who is in a room. */
export interface Presence {
    /** What was told last, the same object until it changes; undefined unless somebody has listened. */
    readonly current: MemberList | undefined;
    /** The list as soon as it is there, and after each change of it. */
    on(type: 'change', listener: (list: MemberList) => unknown, waiting?: Waiting): Off;
    list(waiting?: Waiting): Promise<MemberList>;
}

/** Whatever waits can be told to wait no longer; it then fails with the signal's reason. */
export interface Waiting {
    readonly signal?: AbortSignal | undefined;
}

export interface Joined {
    readonly seq: number | undefined;
    readonly epoch: string | undefined;
    /** Not the first time: what was missed follows. */
    readonly resumed: boolean;
}

export interface Gap {
    readonly room: string;
    /** These seqs, both included, cannot be had any more. */
    readonly from: number;
    readonly to: number;
}

/** The log of a room began a new life. */
export interface Reset {
    readonly room: string;
    readonly epoch: string | undefined;
    /** What was seen behind this seq is not in the log any more; those seqs are now other messages. */
    readonly resumedAfter: number;
    /** Messages that were stored behind this seq may be gone. Undefined: none is. */
    readonly uncertainAfter: number | undefined;
}

export interface RoomEvents<C> {
    /** Each message of a room once, in the order of the room's log. */
    message: Message<C>;
    /** Messages that the client's own store had, at the start: they come before any other. */
    restored: readonly Message<C>[];
    joined: Joined;
    gap: Gap;
    reset: Reset;
    /** The server does not let this user in, or not any more; what was sent to the room fails. */
    refused: RoomwireError;
    /** How many messages were sent and are not stored yet, after that has changed; `room.pending` has them. */
    pending: number;
}

export interface ClientEvents<D> {
    state: Status;
    /** Each direct message to this user once and in order, also those of the time away. */
    direct: Message<D>;
    /** A message of this client is stored, be it one of an earlier life of it. `to` is a room, `@` and a user id of a direct one. */
    sent: Stored & { readonly to: string };
    /** A message of this client was refused for good. */
    failed: { readonly id: string; readonly to: string; readonly content: unknown; readonly error: RoomwireError };
    /** Of the personal room. */
    gap: Gap;
    reset: Reset;
    /** An error of the server that answers no request. */
    notice: RoomwireError;
}

/** Stops listening. */
export type Off = () => void;

/** A token, or what gives one: asked anew for each connection, and before the token in use runs out. */
export type TokenSource = string | ((waiting: { readonly signal: AbortSignal }) => string | Promise<string>);

export interface Options {
    /** A JWT; it names the user. */
    readonly token?: TokenSource | undefined;
    /** Without a token: who this is. With one: who it has to be, so that a store can be opened before the token is there. */
    readonly user?: string | undefined;
    /** What keeps messages and places over the end of the process, see `roomwire/storage`. */
    readonly storage?: Keeper | undefined;
    /** For runtimes without one of their own, such as Node 20: the class of the package `ws`. */
    readonly WebSocket?: (new (url: string, protocols?: string[]) => object) | undefined;
    /** How many of a room's newest messages the client holds, for `room.messages`. */
    readonly keep?: number | undefined;
    /**
     * Messages of one room that may be on their way at a time. With more than 1 a message that the server cannot take for a
     * moment may be stored behind those that were sent after it.
     */
    readonly inFlight?: number | undefined;
    /** False: not before `connect()`. */
    readonly connect?: boolean | undefined;
    /** What a listener threw. Without it `reportError`, or the console, gets it. */
    readonly onError?: ((thrown: unknown) => void) | undefined;
}

/** One message as a store keeps it. */
export interface Saved {
    readonly id: string;
    /** A room; for a direct message the personal room of whom it is to, `@` and the user id. */
    readonly to: string;
    /** The content as JSON. */
    readonly text: string;
}

/** One room as a store keeps it. The place and the messages are of one moment. */
export interface SavedRoom {
    readonly epoch: string;
    readonly seq: number;
    readonly messages: readonly Message[];
}

/** What the client needs of a store; `roomwire/storage` makes one. No call throws: a store that fails is one that forgets. */
export interface Keeper {
    /** Opens what belongs to this user. `adopt` gets what earlier lives left unsent, and later what other tabs leave. */
    open(user: string, adopt: (messages: readonly Saved[]) => void): Promise<void>;
    put(message: Saved): Promise<void>;
    drop(id: string): void;
    load(room: string): Promise<SavedRoom | undefined>;
    /** Soon, and not each time: `room` is asked when it is written. */
    save(id: string, room: () => SavedRoom | undefined): Promise<void>;
    close(): void;
}

/** A frame of the server, of which nothing is known but that it has a type. */
export interface Frame {
    readonly type: string;
    readonly [field: string]: unknown;
}
