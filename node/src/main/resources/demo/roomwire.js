/**
 * A Roomwire client for browsers: one connection, any number of rooms, nothing lost and nothing twice.
 *
 *     const client = new Roomwire('ws://127.0.0.1:8080/ws', { user: 'ada' });
 *     client.addEventListener('message', (e) => console.log(e.detail.sender, e.detail.content));
 *     client.join('lobby', { presence: true });
 *     client.connect();
 *     client.broadcast('lobby', 'Hello');
 *     client.direct('bob', 'psst');
 *
 * Events (what they carry is in `detail`):
 *
 *   state          state (connecting, open, waiting, stopped), and after a close its code, reason and delayMs
 *   joined         the frame, and `resumed` (not the first time), `newLog` (the log is another one from `resumed_after` on:
 *                  what was seen behind that is void; where only the epoch is new, messages go on and this is false)
 *   message        a `broadcast` of a room, each seq of a room's log once and in order
 *   gap            room_id, from, to: messages that cannot be had any more
 *   ack            id, room_id, seq: this message is stored
 *   failed         id, room_id or user_id, code, message: this message was refused and is not sent again
 *   refused        room_id, code, message: the room could not be joined; messages to it fail
 *   direct         a `direct` to this user, each seq of the personal room once and in order, also of the time away
 *   member_joined, member_left, notice (an `error` that belongs to no request): the frames as they came
 *
 * How a message is sent exactly once: it is kept until its `ack`. After a reconnect the client first reads what it
 * missed, where its own message may already stand, and only then sends what is still open, with the same `id`. A direct
 * message has no copy that could be missed, so it is sent again at once; after more than the node's idempotency.window it
 * may come twice.
 */
export class Roomwire extends EventTarget {
    #url;
    #user;
    #token;
    #socket;
    #rooms = new Map(); // id -> {id, presence, joined, live, seq, head, epoch, refused, quiet}
    #personal; // the room of this user among them, once it is known who that is; its events are not the page's unless it joins
    #outbox = new Map(); // id -> broadcast or direct without an ack; a Map keeps the order in which they were written
    #requests = new Map(); // id -> {resolve, reject}
    #attempts = 0;
    #comeBackMs;
    #heardAt = 0;
    #pingedAt = 0;
    #retryTimer;
    #stableTimer;
    #watchTimer;
    #listening;
    #prefix = Math.random().toString(36).slice(2, 10);
    #count = 0;

    state = 'stopped';

    /** `token` is a JWT or a function that gives one (or a promise of one); with it the token names the user. */
    constructor(url, { user, token } = {}) {
        super();
        this.#url = url;
        this.#user = user;
        this.#token = token;
        if (!token && user) this.#own(user);
    }

    get user() {
        return this.#user;
    }

    /** A connection has one user for its whole life, so another name means another connection. */
    set user(user) {
        this.#user = user;
        if (!this.#token && user) this.#own(user);
        if (this.state !== 'stopped') this.connect();
    }

    set token(token) {
        this.#token = token;
    }

    /** Connects now, whatever was going on before. */
    connect() {
        this.#attempts = 0;
        this.#connect();
    }

    async #connect() {
        this.#abandon();
        this.#listen();
        this.#enter('connecting');
        const turn = (this.#socket = {}); // holds the place while the token is fetched
        let protocols = [];
        try {
            const token = typeof this.#token === 'function' ? await this.#token() : this.#token;
            if (token) protocols = ['roomwire.v1', `bearer.${token}`];
        } catch (e) {
            if (this.#socket === turn) this.#lost(4200, `no token: ${e.message}`);
            return;
        }
        if (this.#socket !== turn) return;
        const socket = (this.#socket = new WebSocket(this.#url, protocols));
        this.#heardAt = performance.now();
        this.#pingedAt = 0;
        this.#watchTimer = setInterval(() => this.#watch(), 1000);
        socket.onopen = () => this.#opened();
        socket.onmessage = (e) => this.#received(e.data);
        socket.onclose = (e) => this.#lost(e.code, e.reason);
    }

    /** Ends the connection and stays away. */
    stop() {
        this.#abandon();
        this.#listening?.abort();
        this.#listening = undefined;
        this.#enter('stopped');
    }

    /** The browser knows of a network that goes or comes long before a silent line shows it. */
    #listen() {
        if (this.#listening || typeof addEventListener !== 'function') return;
        this.#listening = new AbortController();
        const { signal } = this.#listening;
        for (const type of ['online', 'offline']) addEventListener(type, () => this.nudge(), { signal });
    }

    /** For the moments when the world has changed (network back, lid open): tries now, or proves that the line still lives. */
    nudge() {
        if (this.state === 'waiting') this.connect();
        else if (this.state === 'open') this.#ping();
    }

    join(id, { presence = false } = {}) {
        const known = this.#rooms.get(id);
        if (known) known.quiet = false;
        else this.#add(id, presence);
    }

    #add(id, presence) {
        const room = { id, presence, joined: false, live: false, seq: 0, head: 0, epoch: undefined };
        this.#rooms.set(id, room);
        if (this.state === 'open') this.#join(room);
        return room;
    }

    /** The node lets a user into the personal room unasked; a `join` says where its log stands, so that it can be resumed. */
    #own(user) {
        const id = `@${user}`;
        if (this.#personal?.id === id) return;
        if (this.#personal) this.#rooms.delete(this.#personal.id);
        this.#personal = this.#rooms.get(id);
        if (this.#personal) return;
        const others = [...this.#rooms];
        this.#rooms.clear(); // it comes first: without a token the first join names the user
        this.#personal = this.#add(id, false);
        this.#personal.quiet = true;
        for (const [each, room] of others) this.#rooms.set(each, room);
    }

    leave(id) {
        if (this.#rooms.delete(id)) this.#send({ type: 'leave', room_id: id, id: this.#nextId() });
    }

    /** Keeps the message until it is stored, over any number of connections. Gives its id, as in `ack` and `failed`. */
    broadcast(roomId, content) {
        const refused = this.#rooms.get(roomId)?.refused;
        const id = this.#write({ type: 'broadcast', room_id: roomId, content });
        if (refused) queueMicrotask(() => this.#giveUp(id, refused)); // the caller has to know the id first
        return id;
    }

    /** As `broadcast`, for all connections of that user and nobody else. */
    direct(user, content) {
        return this.#write({ type: 'direct', user_id: user, content });
    }

    #write(message) {
        const frame = { ...message, id: this.#nextId() };
        this.#outbox.set(frame.id, frame);
        if (this.#mayGo(frame)) this.#send(frame);
        return frame.id;
    }

    #mayGo({ type, room_id }) {
        return type === 'direct' ? this.state === 'open' : this.#rooms.get(room_id)?.live;
    }

    #giveUp(id, { code, message }) {
        const frame = this.#outbox.get(id);
        if (!this.#outbox.delete(id)) return;
        const { room_id, user_id } = frame;
        this.#emit('failed', { id, ...(room_id === undefined ? { user_id } : { room_id }), code, message });
    }

    /** What was written for a room that does not let us in would wait for ever. */
    #refuse(room, { code, message }) {
        room.refused = code === 'unauthorized' ? undefined : { code, message };
        this.#emit('refused', { room_id: room.id, code, message });
        if (!room.refused) return; // a token may come
        for (const frame of [...this.#outbox.values()]) if (frame.room_id === room.id) this.#giveUp(frame.id, room.refused);
    }

    /** At most once, and not at all while the line is down or full: for cursors, which are stale when they are late. */
    flash(roomId, content) {
        if (!this.#rooms.get(roomId)?.joined || this.#socket.bufferedAmount > 16384) return;
        this.#send({ type: 'broadcast', room_id: roomId, content });
    }

    /** The `history` frame; `range` is {before | after, limit}. */
    history(roomId, range = {}) {
        return this.#request({ type: 'history', room_id: roomId, ...range });
    }

    /** The `presence` frame. */
    presence(roomId) {
        return this.#request({ type: 'presence', room_id: roomId });
    }

    #opened() {
        // A connection that breaks again at once must not bring the backoff back to its start.
        this.#stableTimer = setTimeout(() => (this.#attempts = 0), 5000);
        for (const room of this.#rooms.values()) this.#join(room);
        for (const frame of this.#outbox.values()) if (frame.type === 'direct') this.#send(frame);
        this.#enter('open'); // behind them: what the page sends now needs the user that the first join names
    }

    #join(room) {
        room.refused = undefined;
        const frame = { type: 'join', room_id: room.id, id: this.#nextId() };
        room.joinId = frame.id; // an answer to an earlier join, from before a `leave`, is not about this one
        if (!this.#token && this.#user) frame.user_id = this.#user;
        if (room.presence) frame.presence = true;
        if (room.epoch !== undefined) Object.assign(frame, { after: room.seq, epoch: room.epoch });
        this.#request(frame).catch((e) => {
            if (e.code === undefined) return; // the connection went; the next one joins again
            if (later(e)) this.#again(() => this.#rooms.get(room.id) === room && this.#join(room), e);
            else if (this.#rooms.get(room.id) === room) this.#refuse(room, e);
        });
    }

    #received(text) {
        this.#heardAt = performance.now();
        const frame = JSON.parse(text);
        const room = this.#rooms.get(frame.room_id);
        switch (frame.type) {
            case 'joined':
                if (room?.joinId === frame.id) this.#joined(room, frame);
                break;
            case 'broadcast':
                if (room?.joined) this.#broadcast(room, frame);
                break;
            case 'gap':
                if (room?.joined) this.#gap(room, frame.from, frame.to);
                break;
            case 'ack':
                if (this.#outbox.delete(frame.id)) this.#emit('ack', frame);
                break;
            case 'error':
                this.#failed(frame);
                break;
            case 'left': // without an id nobody asked for it: a new token does not allow the room
                if (frame.id === undefined && this.#rooms.delete(frame.room_id))
                    this.#refuse(room, { code: 'forbidden', message: 'no right to be here any more' });
                break;
            case 'reconnect':
                this.#comeBackMs = frame.after_ms;
                break;
            case 'direct':
                this.#direct(frame);
                break;
            case 'member_joined':
            case 'member_left':
                this.#emit(frame.type, frame);
                break;
        }
        if (!['broadcast', 'direct', 'error'].includes(frame.type)) this.#settle(frame.id, 'resolve', frame);
    }

    #joined(room, frame) {
        const resumed = room.epoch !== undefined;
        const otherEpoch = resumed && frame.epoch !== room.epoch;
        // An earlier node does not say where another epoch goes on: there it is behind the head.
        const from = frame.resumed_after ?? (!resumed || otherEpoch || frame.seq < room.seq ? frame.seq : room.seq) ?? 0;
        const newLog = resumed && (frame.resumed_after === undefined ? otherEpoch : from !== room.seq);
        room.seq = from;
        room.head = frame.seq ?? 0;
        room.epoch = frame.epoch;
        room.joined = true;
        if (!this.#user || this.#token) this.#user = frame.user_id;
        if (!room.quiet) this.#emit('joined', { ...frame, resumed, newLog });
        this.#own(frame.user_id);
        this.#resendWhenCaughtUp(room);
        // Waiting for what was missed keeps a message single even after the node has forgotten its id; it must not keep it for ever.
        if (!room.live) this.#again(() => this.#resend(room), { retry_after_ms: 5000 });
    }

    /** One that comes before the answer to our `join` is passed on if that brings no past, and comes with the past else. */
    #direct(frame) {
        if (this.#personal?.joined) this.#broadcast(this.#personal, frame);
        else if (this.#personal?.epoch === undefined) this.#emit('direct', frame);
    }

    #broadcast(room, frame) {
        if (frame.seq !== undefined) {
            if (frame.seq <= room.seq) return;
            // The node promises no holes. Should there be one all the same, it is said and not passed over.
            if (frame.seq > room.seq + 1) this.#gap(room, room.seq + 1, frame.seq - 1);
            room.seq = frame.seq;
        }
        // Others see the ids that we give, and may give the same.
        if (frame.sender === this.#user && this.#outbox.delete(frame.id)) this.#emit('ack', frame);
        this.#emit(frame.type === 'direct' ? 'direct' : 'message', frame);
        this.#resendWhenCaughtUp(room);
    }

    #gap(room, from, to) {
        if (to <= room.seq) return;
        this.#emit('gap', { room_id: room.id, from: Math.max(from, room.seq + 1), to });
        room.seq = to;
        this.#resendWhenCaughtUp(room);
    }

    #resendWhenCaughtUp(room) {
        if (room.seq >= room.head) this.#resend(room);
    }

    #resend(room) {
        if (room.live || !room.joined) return;
        room.live = true;
        for (const frame of this.#outbox.values()) if (frame.room_id === room.id) this.#send(frame);
    }

    #failed(error) {
        const frame = this.#outbox.get(error.id);
        if (frame && later(error)) {
            this.#again(() => this.#outbox.has(frame.id) && this.#mayGo(frame) && this.#send(frame), error);
        } else if (frame) {
            this.#giveUp(frame.id, error);
        } else if (!this.#settle(error.id, 'reject', Object.assign(new Error(error.message), error))) {
            this.#emit('notice', error);
        }
    }

    /** Runs `action` after the time that the node asked for, unless the connection is another by then. */
    #again(action, { retry_after_ms: ms = 1000 }) {
        const socket = this.#socket;
        setTimeout(() => socket === this.#socket && action(), ms);
    }

    #request(frame) {
        const id = frame.id ?? this.#nextId();
        return new Promise((resolve, reject) => {
            if (!this.#send({ ...frame, id })) return reject(new Error('not connected'));
            this.#requests.set(id, { resolve, reject });
        });
    }

    #settle(id, how, value) {
        const request = this.#requests.get(id);
        this.#requests.delete(id);
        request?.[how](value);
        return request !== undefined;
    }

    #send(frame) {
        if (this.#socket?.readyState !== WebSocket.OPEN) return false;
        this.#socket.send(JSON.stringify(frame));
        return true;
    }

    /** A dead line looks like a quiet one until something is sent over it. */
    #watch() {
        const now = performance.now();
        const asked = this.#pingedAt > this.#heardAt;
        if (this.state === 'connecting') {
            if (now - this.#heardAt > 10_000) this.#lost(1006, 'no answer to the handshake');
        } else if (asked ? now - this.#pingedAt > 5000 : now - this.#heardAt > 20_000) {
            if (asked) this.#lost(1006, 'no sign of life');
            else this.#ping();
        }
    }

    #ping() {
        if (this.#pingedAt > this.#heardAt) return;
        this.#pingedAt = performance.now();
        this.#send({ type: 'ping' });
    }

    #lost(code, reason) {
        this.#abandon();
        const delayMs = this.#delayMs(code);
        this.#comeBackMs = undefined;
        this.#attempts++;
        if (delayMs === undefined) return this.#enter('stopped', { code, reason });
        this.#retryTimer = setTimeout(() => this.#connect(), delayMs);
        this.#enter('waiting', { code, reason, delayMs, attempts: this.#attempts });
    }

    /** The ranges of close codes decide, so that a new code needs no new client. Undefined: not by itself. */
    #delayMs(code) {
        if (code >= 4500 || [1002, 1003, 1007, 1009].includes(code)) return undefined;
        if (code >= 4200 && code < 4300) return typeof this.#token === 'function' ? this.#backoffMs(1000) : undefined;
        if (code >= 4100 && code < 4200) return this.#backoffMs(1000);
        if (code >= 4000 && code < 4100) return this.#attempts === 0 ? 0 : this.#backoffMs(200);
        if ([1001, 1012, 1013].includes(code)) return this.#comeBackMs ?? this.#backoffMs(1000);
        return this.#backoffMs(200);
    }

    /** Full jitter. The ceiling stays below the time that has gone by, so a short outage is healed soon after its end. */
    #backoffMs(firstMs) {
        return Math.random() * Math.min(15_000, firstMs * 1.4 ** this.#attempts);
    }

    /** Lets go of the socket without waiting for it: closing a dead one takes the browser a minute. */
    #abandon() {
        clearTimeout(this.#retryTimer);
        clearTimeout(this.#stableTimer);
        clearInterval(this.#watchTimer);
        const socket = this.#socket;
        this.#socket = undefined;
        if (socket instanceof WebSocket) {
            socket.onopen = socket.onmessage = socket.onclose = null;
            socket.close();
        }
        for (const room of this.#rooms.values()) room.joined = room.live = false;
        const requests = [...this.#requests.values()];
        this.#requests.clear();
        for (const { reject } of requests) reject(new Error('connection lost'));
    }

    #nextId() {
        return `${this.#prefix}-${++this.#count}`;
    }

    #enter(state, detail = {}) {
        this.state = state;
        this.#emit('state', { state, ...detail });
    }

    #emit(type, detail) {
        this.dispatchEvent(new CustomEvent(type, { detail }));
    }
}

/** Errors that ask for patience and not for another request. */
function later({ code }) {
    return code === 'unavailable' || code === 'rate_limited' || code === 'internal';
}
