import { Connection } from './connection.js';
import { FakeRoom } from './log.js';
import type { Logged } from './log.js';

/**
 * A Roomwire server without a network, for an application's own tests. It keeps rooms in memory and speaks the protocol as
 * far as a client sees of it; what goes wrong in life is done to clients by its methods.
 *
 *     const server = new FakeServer();
 *     const client = new Roomwire(server.url, { user: 'ada', WebSocket: server.WebSocket });
 */
export class FakeServer {
    readonly url = 'ws://fake.test/ws';
    /** For the option `WebSocket` of a client. */
    readonly WebSocket: new (url: string, protocols?: string[]) => object;
    readonly #rooms = new Map<string, FakeRoom>();
    readonly #connections = new Set<Connection>();
    readonly #refused = new Map<string, string>();
    #failures: string[] = [];
    #offline = false;

    constructor() {
        const server = this;
        this.WebSocket = class extends Connection {
            constructor(_url: string, protocols: string[] = []) {
                super(
                    {
                        room: (id) => server.#room(id),
                        others: () => server.#connections,
                        refusal: (id) => server.#refused.get(id),
                        failure: () => server.#failures.shift(),
                        ended: (connection) => void server.#connections.delete(connection),
                    },
                    userOf(protocols),
                );
                server.#arrived(this);
            }
        };
    }

    /** What a room's log has. */
    messages(room: string): readonly Logged[] {
        return this.#room(room).messages;
    }

    /** The users in a room. */
    members(room: string): string[] {
        return [...new Set([...this.#connections].filter((each) => each.rooms.has(room)).map((each) => each.user!))];
    }

    /** Somebody says something in a room; in `@` and a user id as a direct message. What has an `id` is not looked for by it. */
    say(room: string, content: unknown, sender = 'server', id?: string): void {
        const message = this.#room(room).append(sender, content, id);
        for (const each of this.#connections) each.deliver(room, message);
    }

    /** While it is off, connections fail, and those that are open are cut. */
    set offline(offline: boolean) {
        this.#offline = offline;
        if (offline) this.close(1006);
    }

    get offline(): boolean {
        return this.#offline;
    }

    /** Closes all connections. The code says what clients do then, see the protocol. */
    close(code: number, reason = ''): void {
        for (const each of [...this.#connections]) each.end(code, reason);
    }

    /** Joins of this room are refused from now on. */
    refuse(room: string, code = 'forbidden'): void {
        this.#refused.set(room, code);
    }

    /** Joins of this room are let in again. */
    allow(room: string): void {
        this.#refused.delete(room);
    }

    /** Puts a user out of a room. */
    remove(user: string, room: string): void {
        for (const each of this.#connections) if (each.user === user) each.putOut(room);
    }

    /** The next messages that are sent are answered by these errors, one each. */
    failNext(...codes: string[]): void {
        this.#failures.push(...codes);
    }

    /** A room's log begins a new life, as after a failover; what is behind `keep` is lost. */
    beginAnew(room: string, keep = this.#room(room).seq): void {
        this.#room(room).beginAnew(keep);
        this.close(4004, 'the log of a room began anew');
    }

    #room(id: string): FakeRoom {
        let room = this.#rooms.get(id);
        if (!room) this.#rooms.set(id, (room = new FakeRoom(id)));
        return room;
    }

    #arrived(connection: Connection): void {
        queueMicrotask(() => {
            if (this.#offline) return connection.end(1006, '');
            this.#connections.add(connection);
            connection.begin();
        });
    }
}

/** Of a token nothing is checked but whom it names. */
function userOf(protocols: readonly string[]): string | undefined {
    const token = protocols.find((each) => each.startsWith('bearer.'))?.slice(7);
    if (!token) return undefined;
    try {
        return JSON.parse(atob(token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/'))).sub;
    } catch {
        return undefined;
    }
}
