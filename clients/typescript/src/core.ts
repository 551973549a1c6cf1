import { orderedMs } from './backoff.js';
import { createEmitter } from './emitter.js';
import { RoomwireError } from './error.js';
import { createLine } from './line.js';
import type { Line } from './line.js';
import { createLink } from './link.js';
import type { Holder, Link } from './link.js';
import { seqOf } from './place.js';
import { createOutbox } from './outbox.js';
import type { Outbox } from './outbox.js';
import type { ClientEvents, Frame, Keeper, Options, Sending, Waiting } from './types.js';
import { orAborted, sleep } from './wait.js';

/** More than this in the socket means that what is written now would come late. */
const FLASH_BACKLOG_BYTES = 16_384;

/** What a client's rooms and memberships share. Nothing of it is for applications. */
export interface Core {
    readonly line: Line;
    readonly outbox: Outbox;
    readonly keeper: Keeper | undefined;
    /** How many messages of a room are held. */
    readonly keep: number;
    readonly events: ReturnType<typeof createEmitter<ClientEvents<unknown>>>;
    report(thrown: unknown): void;
    me(): string | undefined;
    isOpen(): boolean;
    /** Sends a request; its answer, or a RoomwireError: `lost` if the connection went. */
    ask(frame: { readonly id?: string; readonly [field: string]: unknown }): Promise<Frame>;
    /** Asks once the room is joined, and again where that may help. */
    request(room: string, frame: object, waiting: Waiting): Promise<Frame>;
    /** Does it on this connection, or not at all. */
    later(action: () => void, ms: number): void;
    /** The room's membership, made if there is none. */
    link(id: string): Link;
    hold(id: string, holder: Holder): void;
    release(id: string, holder: Holder): void;
    send(to: string, content: unknown, waiting: Waiting): Sending;
    flash(room: string, content: unknown): boolean;
    connect(): void;
    close(): void;
}

export function createCore(url: string, options: Options): Core {
    const { token, storage, keep = 100, onError } = options;
    if (!token && !options.user) throw new TypeError('no token or user');
    const report = onError ?? (globalThis as { reportError?: (e: unknown) => void }).reportError ?? console.error;
    const events = createEmitter<ClientEvents<unknown>>(report);
    const links = new Map<string, Link>();
    const requests = new Map<unknown, (answer: Frame | RoomwireError) => void>();
    /** Rooms in which holders, or what is pending, have changed since it was told. */
    const changed = new Set<string>();
    /** These go with the connection; another one makes others. */
    const timers = new Set<ReturnType<typeof setTimeout>>();
    let user: string | undefined;
    let personal: Link | undefined;
    let closed: RoomwireError | undefined;

    const isOpen = () => line.status().state === 'open';

    const link = (id: string) => {
        let known = links.get(id);
        if (!known) {
            links.set(id, (known = createLink(id, core)));
            touch(id); // it stays only if somebody holds it
        }
        return known;
    };

    /** A connection has one user for its whole life, and so has a client. */
    const named = (name: string) => {
        if (name === user) return undefined;
        if (user !== undefined) return 'a token of another user';
        user = name;
        void storage?.open(name, outbox.adopt);
        personal = link(`@${name}`);
        personal.holders.add((type, value) => {
            if (type === 'message') events.emit('direct', value as never);
            if (type === 'gap' || type === 'reset') events.emit(type, value as never);
        });
        personal.join();
        return undefined;
    };

    const touch = (room: string) => {
        if (!changed.size) setTimeout(tidy); // 10,000 at once are told once, and who comes back at once never left
        changed.add(room);
        // Messages need a member to send them, also those of an earlier life whose room nobody has opened in this one.
        if (outbox.amount(room) && room[0] !== '@' && !links.has(room)) link(room).join();
    };

    /** Tells how much is pending, and leaves the rooms that nobody needs. */
    const tidy = () => {
        const rooms = [...changed];
        changed.clear();
        for (const room of rooms) {
            const known = links.get(room);
            const count = outbox.amount(room);
            known?.tell('pending', count);
            if (!known || count || known.holders.size) continue;
            links.delete(room);
            if (known.leave()) line.send({ type: 'leave', room_id: room, id: outbox.nextId() });
        }
    };

    const received = (frame: Frame) => {
        const { type, id, room_id: room, seq, epoch, code, retry_after_ms: ms } = frame;
        const known = links.get(room as string);
        const request = requests.get(id);
        if (type === 'broadcast') known?.received(frame); // its id may be somebody else's
        else if (type === 'direct') personal?.received(frame);
        else if (type === 'ack') {
            outbox.settle(id, seqOf(seq), (epoch as string | undefined) ?? known?.life());
        } else if (type === 'error') {
            const error = new RoomwireError(`${code}`, `${frame.message}`, ms as number | undefined);
            if (outbox.refuse(id, error)) return;
            requests.delete(id);
            if (request) request(error);
            else events.emit('notice', error);
        } else {
            known?.received(frame);
            requests.delete(id);
            request?.(frame);
        }
    };

    const line = createLine(url, options, {
        entered: (status) => events.emit('state', status),
        named,
        opened() {
            personal?.join(); // first: without a token the first join names the user
            for (const each of links.values()) if (each !== personal) each.join();
            outbox.flushAll();
        },
        received,
        lost(code) {
            const mended = code === 1009 && outbox.refuseBiggest();
            outbox.lost();
            timers.forEach(clearTimeout);
            timers.clear();
            for (const each of links.values()) each.lost();
            for (const request of requests.values()) request(new RoomwireError('lost')); // what it wakes runs behind this
            requests.clear();
            return mended;
        },
    });

    const outbox = createOutbox(
        {
            mayGo: (to) => (to[0] === '@' ? isOpen() : !!links.get(to)?.live()),
            send: line.send,
            changed: touch,
            events,
        },
        storage,
        options.inFlight,
    );

    const core: Core = {
        line,
        outbox,
        keeper: storage,
        keep,
        events,
        report,
        me: () => user,
        isOpen,
        ask: (frame) =>
            new Promise((resolve, reject) => {
                const id = frame.id ?? outbox.nextId();
                const answered = (answer: Frame | RoomwireError) =>
                    answer instanceof RoomwireError ? reject(answer) : resolve(answer);
                if (line.send({ ...frame, id })) requests.set(id, answered);
                else reject(new RoomwireError('lost'));
            }),
        async request(room, frame, { signal }) {
            const guest = () => {};
            try {
                for (;;) {
                    core.hold(room, guest); // each time, since the client may have been closed meanwhile
                    await orAborted(link(room).entered(), signal);
                    try {
                        return await orAborted(core.ask({ ...frame, room_id: room }), signal);
                    } catch (thrown) {
                        const { code, passes, retryAfterMs } = thrown as RoomwireError;
                        if (passes) await orAborted(sleep(orderedMs(retryAfterMs, 1)), signal);
                        else if (code !== 'lost') throw thrown;
                    }
                }
            } finally {
                core.release(room, guest);
            }
        },
        later(action, ms) {
            const timer = setTimeout(() => {
                timers.delete(timer);
                action();
            }, ms);
            timers.add(timer);
        },
        link,
        hold(id, holder) {
            if (closed) throw closed;
            link(id).holders.add(holder);
            link(id).retry();
        },
        release(id, holder) {
            links.get(id)?.holders.delete(holder);
            touch(id);
        },
        send(to, content, waiting) {
            const sending = outbox.add(to, content, waiting);
            const error = closed ?? links.get(to)?.barred();
            if (error) outbox.refuse(sending.id, error);
            return sending;
        },
        flash: (room, content) =>
            !!links.get(room)?.isIn() &&
            line.backlog() <= FLASH_BACKLOG_BYTES &&
            line.send({ type: 'broadcast', room_id: room, content }),
        connect() {
            if (closed) throw closed;
            if (!isOpen()) line.connect();
        },
        close() {
            if (closed) return;
            closed = new RoomwireError('closed');
            line.stop();
            for (const each of links.values()) each.close(closed);
            links.clear();
            outbox.close(closed);
            storage?.close();
        },
    };
    if (options.user) named(options.user);
    return core;
}
