import { Inbox } from './wait.mjs';
import { ServerSocket } from './websocket.mjs';

/**
 * One connection of the client under test. What no scenario wants to say each time is answered here, and what no client may
 * ever do is noted here.
 */
export class Line {
    frames = new Inbox();
    /** When each frame came, which need not be when a scenario looks at it. */
    arrivedMs = new WeakMap();
    ended = false;
    endCode;
    #socket;
    #rules;
    #personal;
    #named = false;
    #members = new Set();
    #ids = new Map();
    #changed;
    #deaf = false;

    /** `rules` are the scenario's: `scripted` (lists what is not answered by itself), `token` (whether tokens name the user). */
    constructor(request, socket, head, protocol, rules, changed) {
        this.#rules = rules;
        this.#changed = changed;
        this.#socket = new ServerSocket(request, socket, head, {
            protocol,
            onText: (text) => this.#received(text),
            onEnd: (code) => {
                this.ended = true;
                this.endCode = code;
                changed();
            },
        });
    }

    send(frame) {
        if (frame.type === 'joined') this.#members.add(frame.room_id);
        if (frame.type === 'left') this.#members.delete(frame.room_id);
        this.#socket.send(JSON.stringify(frame));
    }

    sendText(text) {
        this.#socket.send(text);
    }

    sendBinary(text) {
        this.#socket.sendBinary(Buffer.from(text));
    }

    close(code, reason) {
        this.#socket.close(code, reason);
    }

    drop() {
        this.#socket.drop();
    }

    fallSilent() {
        this.#socket.fallSilent();
    }

    /** What it sends, or has sent, is nobody's business: it is turned away. */
    forget() {
        this.frames.clear();
        this.#deaf = true;
    }

    #received(text) {
        if (this.#deaf) return;
        const frame = this.#parsed(text);
        if (!frame) return;
        this.arrivedMs.set(frame, performance.now());
        this.#check(frame);
        if (this.#answeredByItself(frame)) return;
        this.frames.add(frame);
        this.#changed();
    }

    #parsed(text) {
        try {
            const frame = JSON.parse(text);
            if (frame !== null && typeof frame === 'object' && typeof frame.type === 'string') return frame;
        } catch {
            // said below
        }
        this.#rules.broken.push(`no JSON object with a type: ${text.slice(0, 100)}`);
        return undefined;
    }

    #check(frame) {
        const broken = (what) => this.#rules.broken.push(`${what}: ${JSON.stringify(frame).slice(0, 200)}`);
        if (frame.id !== undefined && !(typeof frame.id === 'string' && bytes(frame.id) >= 1 && bytes(frame.id) <= 64))
            broken('an id has 1 to 64 bytes');
        if (frame.type === 'join' && !this.#rules.token && !this.#named && typeof frame.user_id !== 'string')
            broken('the first join names the user');
        if (frame.type === 'join') this.#named = true;
        if (frame.type === 'broadcast' && !this.#members.has(frame.room_id)) broken('a broadcast before joined');
        if (frame.type !== 'broadcast' && frame.type !== 'direct') return;
        if (frame.id === undefined) return;
        const said = JSON.stringify([frame.room_id ?? frame.user_id, frame.content]);
        if (this.#rules.ids.has(frame.id) && this.#rules.ids.get(frame.id) !== said) broken('one id for two messages');
        if (this.#ids.has(frame.id) && !this.#rules.answered.has(frame.id)) broken('sent twice on one connection, unasked');
        this.#rules.ids.set(frame.id, said);
        this.#rules.answered.delete(frame.id);
        this.#ids.set(frame.id, said);
    }

    #answeredByItself(frame) {
        const scripted = (what) => this.#rules.scripted.includes(what);
        if (frame.type === 'ping' && !scripted('ping')) {
            this.send({ type: 'pong', id: frame.id });
            return true;
        }
        const personal = typeof frame.room_id === 'string' && frame.room_id.startsWith('@');
        if (!personal || scripted('personal')) return false;
        if (frame.type === 'join') {
            const answer = { type: 'joined', room_id: frame.room_id, user_id: frame.room_id.slice(1), connection_id: 'c' };
            this.send({ ...answer, seq: 0, epoch: 'personal', recovered: frame.after === undefined ? undefined : true, id: frame.id });
        }
        return frame.type === 'join' || frame.type === 'leave';
    }
}

function bytes(text) {
    return Buffer.byteLength(text);
}
