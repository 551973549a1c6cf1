import { comeBackMs } from './backoff.js';
import { claimsOf } from './token.js';
import type { Frame, Options, Status } from './types.js';

/** A connection that breaks again at once must not bring the backoff back to its start. */
const STABLE_MS = 5000;
const HANDSHAKE_MS = 8000;
/** Below the node's own heartbeat.interval and the timeouts of most balancers. */
const QUIET_MS = 20_000;
const ANSWER_MS = 5000;
/** Somebody sits before it: with the new connection it has to fit in 2 s. */
const AWAKE_ANSWER_MS = 1200;
/** A timer that is so late was not late: the process slept. */
const SLEPT_MS = 3000;
/** The longest time that a timer takes; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const RENEWAL = 'renewal';

interface Socket {
    readonly readyState: number;
    readonly bufferedAmount: number;
    onopen: (() => void) | null;
    onmessage: ((event: { data: unknown }) => void) | null;
    onclose: ((event: { code: number; reason: string }) => void) | null;
    onerror: (() => void) | null;
    send(text: string): void;
    close(): void;
}

type SocketClass = new (url: string, protocols?: string[]) => object;

export interface LineOwner {
    entered(status: Status): void;
    /** A token names this user. Gives why that cannot be, if it cannot. */
    named(user: string): string | undefined;
    opened(): void;
    received(frame: Frame): void;
    /** Each connection that was tried ends with this. Gives whether `code`, after which one stays away, was put right. */
    lost(code: number): boolean;
}

export interface Line {
    status(): Status;
    /** Connects now, whatever was going on before. */
    connect(): void;
    stop(): void;
    /** For the moments when the world has changed: tries now, or proves that the line still lives. */
    wake(): void;
    send(frame: object): boolean;
    /** Bytes that the socket holds since the network does not take them. */
    backlog(): number;
    /** A fresh token on the same connection, so that nobody is cut off by the end of the old one. */
    renew(): Promise<void>;
}

/** One connection after another, and the decision when to make the next. Knows nothing of rooms. */
export function createLine(address: string, { token, WebSocket: given }: Options, owner: LineOwner): Line {
    const url = new URL(address).href.replace(/^http/, 'ws');
    const Socket = given ?? (globalThis as { WebSocket?: SocketClass }).WebSocket;
    if (!Socket) throw new TypeError('no WebSocket given');
    let status: Status = { state: 'idle' };
    let socket: Socket | undefined;
    let turn: AbortController | undefined;
    let listening: AbortController | undefined;
    let attempts = 0;
    /** Handshakes in a row that failed. A browser does not tell why. */
    let failed = 0;
    let orderMs: unknown;
    let heardAt = 0;
    let askedAt = 0;
    let provingAt = 0;
    let clockAt = 0;
    let retry: Timer, stable: Timer, watch: Timer, probe: Timer, renewal: Timer;

    const renews = typeof token === 'function';
    const fetchToken = async (mine: AbortController) => (renews ? token({ signal: mine.signal }) : token);

    const enter = (next: Status) => owner.entered((status = next));

    const send = (frame: object) => {
        if (socket?.readyState !== 1) return false;
        socket.send(JSON.stringify(frame));
        return true;
    };

    /** Lets go of the socket without waiting for it: closing a dead one takes a browser a minute. */
    const abandon = () => {
        [retry, stable, watch, probe, renewal].forEach(clearTimeout);
        turn?.abort();
        turn = undefined;
        if (!socket) return;
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.close();
        socket = undefined;
    };

    const lost = (code: number, reason: string) => {
        abandon();
        const waitMs = comeBackMs(owner.lost(code) ? 4100 : code, attempts, orderMs, renews, Math.random());
        orderMs = undefined;
        attempts++;
        if (waitMs === undefined) return enter({ state: 'stopped', code, reason });
        retry = setTimeout(run, waitMs);
        enter({ state: 'waiting', code, reason, retryInMs: waitMs });
    };

    const run = async () => {
        abandon();
        const mine = (turn = new AbortController());
        heardAt = now();
        clockAt = Date.now();
        askedAt = provingAt = -1e9;
        watch = setInterval(look, 1000);
        enter({ state: 'connecting' });
        try {
            const fetched = await fetchToken(mine);
            if (turn === mine) begin(fetched);
        } catch (e) {
            if (turn === mine) lost(4200, `no token: ${e}`);
        }
    };

    const begin = (fetched: string | undefined) => {
        const stranger = read(fetched);
        if (stranger) return lost(4501, stranger);
        // By a frame the server says why a token does not do, which a browser hides where the handshake fails.
        const byFrame = fetched !== undefined && failed++ > 1;
        const protocols = fetched === undefined || byFrame ? [] : ['roomwire.v1', `bearer.${fetched}`];
        const mine = (socket = new Socket(url, protocols) as Socket);
        let open = false;
        const opened = () => {
            open = true;
            stable = setTimeout(() => (attempts = 0), STABLE_MS);
            enter({ state: 'open' });
            owner.opened();
        };
        mine.onopen = () => {
            failed = 0;
            if (byFrame) send({ type: 'auth', token: fetched });
            else opened();
        };
        mine.onmessage = ({ data }) => {
            heardAt = now();
            let frame: Frame | undefined;
            try {
                frame = JSON.parse(data as string);
            } catch {
                // no frame, which a newer server may have its reasons for
            }
            if (typeof frame?.type !== 'string') return;
            const { type, code } = frame;
            if (type === 'reconnect') orderMs = frame.after_ms;
            if (frame.id === RENEWAL) {
                // A token that is refused for good ends with a close.
                if (code === 'unavailable') renewLater(ANSWER_MS);
            } else if (open) owner.received(frame);
            // Where nobody is authenticated, a token is a bad request, and no reason to stay away.
            else if (type === 'authenticated' || code === 'bad_request') opened();
            else if (code === 'unavailable' || code === 'rate_limited') lost(1013, code);
        };
        mine.onclose = ({ code, reason }) => lost(code, reason);
        mine.onerror = () => {}; // a close follows, and in Node an error that nobody hears ends the process
    };

    /** Looks who a token names, and when it runs out. */
    const read = (fetched: string | undefined) => {
        if (fetched === undefined) return undefined;
        const { sub, exp } = claimsOf(fetched);
        // A clock that is wrong costs a reconnect at the end of the token, and nothing else.
        const leftMs = (exp as number) * 1000 - Date.now();
        if (renews && leftMs > 0) renewLater(leftMs * 0.8);
        return typeof sub === 'string' ? owner.named(sub) : undefined;
    };

    const renewLater = (ms: number) => {
        clearTimeout(renewal);
        renewal = setTimeout(renew, Math.min(ms, LONGEST_TIMER_MS));
    };

    const renew = async () => {
        const mine = turn;
        if (!mine || status.state !== 'open') return;
        try {
            const fetched = await fetchToken(mine);
            if (turn !== mine) return;
            const stranger = read(fetched);
            if (stranger) lost(4501, stranger);
            else send({ type: 'auth', token: fetched, id: RENEWAL });
        } catch {
            if (turn === mine) renewLater(ANSWER_MS);
        }
    };

    const ask = () => {
        askedAt = now();
        send({ type: 'ping' });
    };

    /** Answered soon, or given up; if the process slept meanwhile, `look` has the say. */
    const prove = () => {
        const at = now();
        if (at - provingAt < AWAKE_ANSWER_MS) return;
        provingAt = at;
        ask();
        clearTimeout(probe);
        probe = setTimeout(() => heardAt < at && now() - at < AWAKE_ANSWER_MS + SLEPT_MS && dead(), AWAKE_ANSWER_MS);
    };

    const dead = () => lost(4001, 'no sign of life');

    /** A dead line looks like a quiet one until something is sent over it. */
    const look = () => {
        const quietMs = now() - heardAt;
        // By the clock, since a timer's own time stands still while the machine sleeps.
        const slept = Date.now() - clockAt > SLEPT_MS;
        const asked = askedAt > heardAt;
        clockAt = Date.now();
        if (status.state === 'connecting') {
            if (quietMs > HANDSHAKE_MS) dead();
        } else if (asked) {
            if (slept || now() - askedAt > ANSWER_MS) dead();
        } else if (slept) prove();
        else if (quietMs > QUIET_MS) ask();
    };

    const connect = () => {
        attempts = 0;
        listen();
        void run();
    };

    const wake = () => {
        const { state } = status;
        if (state === 'open') prove();
        else if (state === 'waiting' || (state === 'connecting' && now() - heardAt > AWAKE_ANSWER_MS)) connect();
    };

    /** The browser knows of a network that goes or comes, and of a page that is looked at, long before a silent line shows it. */
    const listen = () => {
        if (listening || !globalThis.addEventListener) return;
        const { signal } = (listening = new AbortController());
        const page = globalThis.document;
        for (const type of ['online', 'offline', 'pageshow']) addEventListener(type, wake, { signal });
        for (const type of ['resume', 'visibilitychange']) page?.addEventListener(type, () => page.hidden || wake(), { signal });
    };

    return {
        status: () => status,
        connect,
        stop() {
            listening?.abort();
            abandon();
            owner.lost(0);
            enter({ state: 'stopped', reason: 'closed' });
        },
        wake,
        send,
        backlog: () => socket?.bufferedAmount ?? 0,
        renew,
    };
}

type Timer = ReturnType<typeof setTimeout> | undefined;

/** Never goes back, whatever is done to the clock. */
function now(): number {
    return performance.now();
}
