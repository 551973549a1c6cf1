import type { FakeRoom, Logged } from './log.js';

export interface ConnectionOwner {
    room(id: string): FakeRoom;
    others(): Iterable<Connection>;
    refusal(room: string): string | undefined;
    failure(): string | undefined;
    ended(connection: Connection): void;
}

interface Request {
    readonly type: string;
    readonly id?: string;
    readonly room_id: string;
    readonly user_id?: string;
    readonly content?: unknown;
    readonly after?: number;
    readonly before?: number;
    readonly limit?: number;
    readonly epoch?: string;
    readonly presence?: boolean;
}

/** Both ends of one connection: a client sees a WebSocket, the server sees its user and rooms. */
export class Connection {
    readyState = 0;
    readonly bufferedAmount = 0;
    onopen: (() => void) | null = null;
    onmessage: ((event: { data: unknown }) => void) | null = null;
    onclose: ((event: { code: number; reason: string }) => void) | null = null;
    onerror: (() => void) | null = null;
    user: string | undefined;
    /** Rooms, and whether their member events are wanted. */
    readonly rooms = new Map<string, boolean>();
    readonly #owner: ConnectionOwner;

    constructor(owner: ConnectionOwner, user: string | undefined) {
        this.#owner = owner;
        this.user = user;
    }

    begin(): void {
        if (this.readyState > 0) return;
        this.readyState = 1;
        if (this.user) this.rooms.set(`@${this.user}`, false);
        this.onopen?.();
    }

    close(): void {
        this.end(1000, '', false);
    }

    end(code: number, reason: string, told = true): void {
        if (this.readyState === 3) return;
        this.readyState = 3;
        const rooms = [...this.rooms.keys()];
        this.rooms.clear();
        this.#owner.ended(this);
        for (const room of rooms) this.#member('member_left', room);
        if (told) queueMicrotask(() => this.onclose?.({ code, reason }));
    }

    send(text: string): void {
        const request = JSON.parse(text) as Request;
        queueMicrotask(() => this.readyState === 1 && this.#handle(request));
    }

    putOut(room: string): void {
        if (this.rooms.delete(room)) this.#tell({ type: 'left', room_id: room });
    }

    deliver(room: string, message: Logged): void {
        if (!this.rooms.has(room)) return;
        this.#tell(room.startsWith('@') ? { type: 'direct', ...message } : { type: 'broadcast', room_id: room, ...message });
    }

    #handle(request: Request): void {
        const { type, room_id: room, id } = request;
        if (type === 'ping') return this.#tell({ type: 'pong', id });
        if (type === 'auth') return this.#tell({ type: 'authenticated', user_id: this.user, id });
        if (type === 'join') return this.#join(request);
        if (type === 'direct') return this.#store(`@${request.user_id}`, request);
        if (!this.rooms.has(room)) return this.#error('not_in_room', request);
        if (type === 'broadcast') return this.#store(room, request);
        if (type === 'history') return this.#tell({ type, room_id: room, id, ...this.#owner.room(room).history(request) });
        if (type === 'presence') return this.#tell({ type, room_id: room, id, ...this.#roster(room) });
        if (type !== 'leave') return this.#error('unknown_type', request);
        this.rooms.delete(room);
        this.#member('member_left', room);
        this.#tell({ type: 'left', room_id: room, id });
    }

    #join(request: Request): void {
        const { room_id: room, id, after, presence = false } = request;
        const refusal = this.#owner.refusal(room);
        if (refusal) return this.#error(refusal, request);
        this.user ??= request.user_id;
        if (!this.user) return this.#error('bad_request', request);
        this.rooms.set(`@${this.user}`, this.rooms.get(`@${this.user}`) ?? false);
        const log = this.#owner.room(room);
        const known = this.rooms.has(room);
        this.rooms.set(room, presence);
        const joined = { type: 'joined', room_id: room, user_id: this.user, connection_id: 'fake', id };
        if (!log.durable) this.#tell(joined);
        else {
            const from = Math.min(after ?? log.seq, log.seq);
            const lost = after !== undefined && request.epoch !== log.epoch;
            this.#tell({
                ...joined,
                seq: log.seq,
                epoch: log.epoch,
                ...(after !== undefined && { recovered: !lost }),
                ...(lost && { resumed_after: from, ...(from < after && { uncertain_after: from }) }),
            });
            for (const message of log.messages) if (message.seq! > from) this.deliver(room, message);
        }
        if (!known) this.#member('member_joined', room);
    }

    #store(room: string, request: Request): void {
        const code = this.#owner.failure();
        if (code) return this.#error(code, request);
        const log = this.#owner.room(room);
        const { message, fresh } = log.store(this.user!, request.content, request.id);
        if (fresh) for (const each of this.#owner.others()) each.deliver(room, message);
        if (request.id !== undefined) this.#tell({ type: 'ack', id: request.id, room_id: room, seq: message.seq });
    }

    #roster(room: string): object {
        const counts = new Map<string, number>();
        for (const each of this.#owner.others())
            if (each.rooms.has(room)) counts.set(each.user!, (counts.get(each.user!) ?? 0) + 1);
        return { count: counts.size, members: [...counts].map(([user_id, connections]) => ({ user_id, connections })) };
    }

    #member(type: string, room: string): void {
        const there = [...this.#owner.others()].filter((each) => each !== this && each.rooms.has(room));
        if (there.some((each) => each.user === this.user)) return; // by another connection
        for (const each of there) if (each.rooms.get(room)) each.#tell({ type, room_id: room, user_id: this.user });
    }

    #error(code: string, { id, room_id }: Request): void {
        this.#tell({ type: 'error', code, message: `the test says ${code}`, id, room_id });
    }

    #tell(frame: object): void {
        const data = JSON.stringify(frame);
        queueMicrotask(() => this.readyState === 1 && this.onmessage?.({ data }));
    }
}
