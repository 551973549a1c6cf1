import { WebSocket } from 'ws';
import { Roomwire, RoomwireError } from 'roomwire';
import type { HistoryRange, Options, Room, Sending } from 'roomwire';
import { memoryStore, storage } from 'roomwire/storage';
import type { Store } from 'roomwire/storage';
import type { Command } from './judge.js';

/** Carries out what the judge asks for, and reports what an application would see. */
export class Driver {
    readonly #tell: (event: object) => void;
    readonly #store = memoryStore();
    #life: Life | undefined;

    constructor(tell: (event: object) => void) {
        this.#tell = tell;
    }

    do(command: Command): void {
        const { do: what, ...args } = command;
        if (what === 'open') this.#life = new Life(args as unknown as OpenArgs, this.#store, this.#tell);
        else if (what === 'kill') this.#life?.kill();
        else if (what === 'clock') jump(args.jump_ms as number);
        else if (this.#life && what in this.#life.commands) this.#life.commands[what]!(args as unknown as Args);
        else this.#tell({ unsupported: what });
    }

    end(): void {
        this.#life?.kill();
    }
}

interface OpenArgs {
    readonly url: string;
    readonly user?: string;
    readonly token?: boolean;
    readonly store?: boolean;
}

interface Args extends HistoryRange {
    readonly as: string;
    readonly room: string;
    readonly user: string;
    readonly content: unknown;
    readonly count: number;
    readonly value: string;
    readonly fail: boolean;
}

/** One life of the process: when it is killed, nothing of it may reach the network, the store or the judge any more. */
class Life {
    readonly #client: Roomwire;
    readonly #rooms = new Map<string, Room>();
    readonly #signals = new Map<string, AbortController>();
    readonly #sockets = new Set<WebSocket>();
    #token: ((args: Args) => void) | undefined;
    #alive = true;
    readonly #saw: (saw: string, event?: object) => void;

    constructor({ url, user, token, store }: OpenArgs, all: Store, tell: (event: object) => void) {
        this.#saw = (saw, event = {}) => this.#alive && tell({ saw, ...event });
        const sockets = this.#sockets;
        const Tracked = class extends WebSocket {
            constructor(to: string, protocols?: string[]) {
                super(to, protocols);
                sockets.add(this);
            }
        };
        const options: Options = {
            WebSocket: Tracked,
            user,
            token: token ? () => this.#askForToken() : undefined,
            storage: store ? storage({ store: this.#mortal(all) }) : undefined,
            onError: () => {},
        };
        this.#client = new Roomwire(url, options);
        this.#client.on('state', ({ state, code }) => this.#saw('state', { state, code }));
        this.#client.on('direct', ({ content, sender, seq }) => this.#saw('direct', { content, sender, seq }));
    }

    kill(): void {
        this.#alive = false;
        for (const socket of this.#sockets) socket.terminate();
        this.#client.close();
    }

    readonly commands: Record<string, (args: Args) => void> = {
        room: ({ room: id, as }) => {
            const room = this.#client.room(id);
            this.#rooms.set(as, room);
            room.on('message', ({ content, sender, seq }) => this.#saw('message', { room: id, as, content, sender, seq }));
            room.on('joined', ({ resumed }) => this.#saw('joined', { room: id, as, resumed }));
            room.on('gap', ({ from, to }) => this.#saw('gap', { room: id, as, from, to }));
            room.on('reset', ({ resumedAfter, uncertainAfter }) =>
                this.#saw('reset', { room: id, as, resumed_after: resumedAfter, uncertain_after: uncertainAfter }),
            );
            room.on('refused', ({ code }) => this.#saw('refused', { room: id, as, code }));
        },
        leave: ({ as }) => this.#rooms.get(as)!.close(),
        send: ({ room, content, as }) => {
            const sending = this.#room(room).send(content, { signal: this.#signal(as) });
            this.#report(as, sending);
            void sending.kept.then(() => this.#saw('pending', { room, count: this.#room(room).pending.length }));
        },
        send_many: ({ room, count, as }) => {
            for (let i = 0; i < count; i++) this.#report(as, this.#room(room).send(i));
        },
        flash: ({ room, content }) => void this.#room(room).flash(content),
        direct: ({ user, content, as }) =>
            this.#report(as, this.#client.direct(user, content, { signal: this.#signal(as) })),
        history: ({ room, as, limit, before, after }) => {
            const range = { limit, before, after };
            void this.#history(this.#room(room), as, JSON.parse(JSON.stringify(range)) as HistoryRange);
        },
        presence: ({ room, as }) => {
            this.#room(room)
                .presence.list({ signal: this.#signal(as) })
                .then(
                    ({ members }) => this.#saw('presence', { as, users: members.map(({ user }) => user).sort() }),
                    (error) => this.#failed(as, error),
                );
        },
        watch: ({ room }) =>
            void this.#room(room).presence.on('change', ({ members }) =>
                this.#saw('members', { room, users: members.map(({ user }) => user).sort() }),
            ),
        cancel: ({ as }) => this.#signals.get(as)!.abort(),
        throwing_listener: ({ room }) =>
            void this.#client.room(room).on('message', () => {
                throw new Error('a listener of the scenario');
            }),
        token: (args) => this.#token!(args),
        wake: () => this.#client.wake(),
        connect: () => this.#client.connect(),
        close: () => this.#client.close(),
    };

    #room(id: string): Room {
        return [...this.#rooms.values()].find((room) => room.id === id) ?? this.#client.room(id, { open: false });
    }

    #signal(as: string): AbortSignal {
        const controller = new AbortController();
        this.#signals.set(as, controller);
        return controller.signal;
    }

    #report(as: string, sending: Sending): void {
        sending.then(
            ({ seq }) => this.#saw('sent', { as, seq }),
            (error) => this.#failed(as, error),
        );
    }

    #failed(as: string, error: unknown): void {
        const cancelled = error instanceof DOMException && error.name === 'AbortError';
        this.#saw('failed', { as, code: cancelled ? 'cancelled' : error instanceof RoomwireError ? error.code : String(error) });
    }

    async #history(room: Room, as: string, range: HistoryRange): Promise<void> {
        try {
            for await (const { messages } of room.history({ ...range, signal: this.#signal(as) }))
                this.#saw('page', { as, seqs: messages.map(({ seq }) => seq) });
            this.#saw('ended', { as });
        } catch (error) {
            this.#failed(as, error);
        }
    }

    #askForToken(): Promise<string> {
        return new Promise((resolve, reject) => {
            this.#token = ({ value, fail }) => (fail ? reject(new Error('no token now')) : resolve(value));
            this.#saw('token_asked');
        });
    }

    /** The store, for as long as this life lasts. */
    #mortal(store: Store): Store {
        const alive = <T>(action: () => Promise<T>) => (this.#alive ? action() : new Promise<T>(() => {}));
        return {
            get: (key) => alive(() => store.get(key)),
            set: (key, value) => alive(() => store.set(key, value)),
            delete: (key) => alive(() => store.delete(key)),
            keys: (prefix) => alive(() => store.keys(prefix)),
        };
    }
}

const real = Date.now;
let offMs = 0;

/** Of the whole process: the other scenarios have to stand it, too. */
function jump(ms: number): void {
    offMs += ms;
    Date.now = () => real() + offMs;
}
