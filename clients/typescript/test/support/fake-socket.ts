interface SentFrame {
    readonly type: string;
    readonly id?: string;
    readonly [field: string]: unknown;
}

/** A WebSocket without a network: the test is the server. */
export class FakeSocket {
    static readonly all: FakeSocket[] = [];
    readyState = 0;
    bufferedAmount = 0;
    readonly sent: SentFrame[] = [];
    onopen: (() => void) | null = null;
    onmessage: ((event: { data: unknown }) => void) | null = null;
    onclose: ((event: { code: number; reason: string }) => void) | null = null;
    onerror: (() => void) | null = null;

    constructor(
        readonly url: string,
        readonly protocols: string[] = [],
    ) {
        FakeSocket.all.push(this);
    }

    static get newest(): FakeSocket {
        return this.all.at(-1)!;
    }

    send(text: string): void {
        this.sent.push(JSON.parse(text));
    }

    close(): void {
        this.readyState = 3;
    }

    open(): void {
        this.readyState = 1;
        this.onopen?.();
    }

    receive(frame: object): void {
        this.onmessage?.({ data: JSON.stringify(frame) });
    }

    end(code: number, reason = ''): void {
        this.readyState = 3;
        this.onclose?.({ code, reason });
    }

    /** The last frame of that type, or of that type to that room. */
    last(type: string, room?: string): SentFrame | undefined {
        return [...this.sent].reverse().find((frame) => frame.type === type && (!room || frame.room_id === room));
    }

    /** Answers the last join of a room. */
    join(room: string, fields: object = { seq: 0, epoch: 'e' }): void {
        this.receive({ type: 'joined', room_id: room, user_id: 'ada', connection_id: 'c', id: this.last('join', room)!.id, ...fields });
    }
}

/** Lets what waits in promises go on. */
export function settled(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
}
