// One scenario being played with one client. Steps are done one after another; each waits until what it asks for is there,
// or for its time. What happens unasked is kept in queues, and has to be gone at the end.
import { STATUS_CODES } from 'node:http';
import { Line } from './line.mjs';
import { filled, mismatch } from './match.mjs';
import { fakeToken } from './tokens.mjs';
import { Inbox } from './wait.mjs';

const PATIENCE_MS = 5000;
/** How long after the last step something may still come that should not. */
const AFTERWARDS_MS = 120;
/** Events that a scenario has to ask for, each; the others only tell how things stand. */
const COUNTED = new Set(['message', 'direct', 'gap', 'reset', 'sent', 'failed', 'refused', 'page', 'ended', 'presence']);
/** Of these the next one that fits counts, whatever came before. */
const PASSING = new Set(['state', 'members', 'joined', 'pending']);

export class Run {
    #scenario;
    #url;
    #tell;
    #vars = new Map();
    #events = new Inbox();
    #handshakes = new Inbox();
    #lines = [];
    #line;
    #lastEndMs = performance.now();
    #tookMs = 0;
    #sentMs = 0;
    #rules;
    #log = [];
    #unsupported;
    #giveUp;
    #givenUp = new Promise((resolve) => (this.#giveUp = resolve));

    /** `tell(command)` reaches the driver. */
    constructor(scenario, url, tell) {
        this.#scenario = scenario;
        this.#url = url;
        this.#tell = tell;
        const { scripted = [], token = false } = scenario;
        this.#rules = { scripted, token, broken: [], ids: new Map(), answered: new Set() };
        this.#vars.set('$user', 'ada');
    }

    /** Gives `{verdict, why, log}`; never throws. */
    async play() {
        let step;
        try {
            for (step of this.#scenario.steps) {
                this.#log.push(`step ${JSON.stringify(step)}`);
                await this.#step(step);
                this.#unbroken();
            }
            await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS));
            this.#nothingLeft();
            return { verdict: 'passed' };
        } catch (e) {
            if (this.#unsupported) return { verdict: 'skipped', why: `the driver has no ${this.#unsupported}` };
            // What no client may do is the cause, whatever came of it.
            return { verdict: 'failed', why: this.#rules.broken[0] ?? e.message, step, log: this.#log.slice(-60) };
        } finally {
            this.#handshakes.items.forEach(({ socket }) => socket.destroy());
            this.#lines.forEach((line) => line.drop());
        }
    }

    /** What the driver says. */
    said(line) {
        this.#log.push(`app  ${JSON.stringify(line).slice(0, 300)}`);
        if (line.unsupported) {
            this.#unsupported = line.unsupported;
            this.#giveUp();
        } else if (line.saw) this.#events.add(line);
        else this.#rules.broken.push(`neither saw nor unsupported: ${JSON.stringify(line)}`);
    }

    upgrade(request, socket, head) {
        this.#log.push('net  a handshake');
        socket.on('error', () => {});
        const handshake = { request, socket, head, atMs: performance.now() };
        socket.on('close', () => (handshake.gone = true));
        this.#handshakes.add(handshake);
    }

    async #step(step) {
        if (step.app) return this.#app(step);
        if (step.see) return this.#see(step);
        if (step.see_many) return this.#seeMany(step);
        if (step.token) return this.#token(step.token);
        const act = this.#server[step.server];
        if (!act) throw new Error(`no such step: ${JSON.stringify(step)}`);
        return act(step);
    }

    #app({ app, ...rest }) {
        this.#tell({ do: app, ...filled(rest, this.#vars), ...(app === 'open' ? { url: this.#url } : {}) });
    }

    async #see({ see, timeout_ms: ms = PATIENCE_MS, ...pattern }) {
        const key = (event) => ['room', 'as'].every((k) => pattern[k] === undefined || event[k] === pattern[k]);
        const fits = (event) => mismatch(pattern, event, new Map(this.#vars)) === undefined;
        const wanted = (event) => event.saw === see && (PASSING.has(see) ? fits(event) : key(event));
        const event = await this.#soon(this.#events.take(wanted, ms));
        if (!event) throw new Error(`within ${ms} ms the application did not see ${see} ${JSON.stringify(pattern)}`);
        const wrong = mismatch(pattern, event, this.#vars, see);
        if (wrong) throw new Error(wrong);
    }

    /** `count` events of a kind, whose field `ascending` goes up by one from `from`. */
    async #seeMany({ see_many: see, count, ascending, from, timeout_ms: ms = 20_000, ...pattern }) {
        for (let i = 0; i < count; i++) {
            const event = await this.#soon(this.#events.take((each) => each.saw === see, ms));
            if (!event) throw new Error(`${see} ${i + 1} of ${count} did not come within ${ms} ms`);
            const wrong = mismatch({ ...pattern, [ascending]: from + i }, event, this.#vars, `${see} ${i + 1}`);
            if (wrong) throw new Error(wrong);
        }
    }

    async #token(token) {
        const asked = await this.#soon(this.#events.take((event) => event.saw === 'token_asked', PATIENCE_MS));
        if (!asked) throw new Error('the client did not ask for a token');
        if (token.fail) this.#tell({ do: 'token', fail: true });
        else {
            const value = fakeToken(token);
            if (token.as) this.#vars.set(token.as, value);
            this.#tell({ do: 'token', value });
        }
    }

    #server = {
        accept: async ({ within_ms: [least, most] = [0, PATIENCE_MS], protocols }) => {
            const handshake = await this.#handshake(most);
            const tookMs = (this.#tookMs = handshake.atMs - this.#lastEndMs);
            if (tookMs < least) throw new Error(`came back after ${Math.round(tookMs)} ms, which is before ${least}`);
            const offered = (handshake.request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/).filter(Boolean);
            const wrong = protocols && mismatch(protocols, offered, this.#vars, 'subprotocols');
            if (wrong) throw new Error(wrong);
            const { request, socket, head } = handshake;
            const changed = () => this.#handshakes.poke();
            this.#line = new Line(request, socket, head, offered[0], this.#rules, changed);
            this.#lines.push(this.#line);
        },
        refuse: async ({ status = 503, within_ms: [, most] = [0, PATIENCE_MS] }) => {
            const { socket } = await this.#handshake(most);
            socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
            this.#lastEndMs = performance.now();
        },
        stall: async () => void (await this.#handshake(PATIENCE_MS)),
        expect: async ({ frame, timeout_ms: ms = PATIENCE_MS, not_before_ms: least = 0 }) => {
            const got = await this.#soon(this.#line.frames.take(() => true, ms));
            if (!got) throw new Error(`within ${ms} ms no frame came; expected ${JSON.stringify(frame)}`);
            this.#log.push(`got  ${JSON.stringify(got).slice(0, 300)}`);
            const wrong = mismatch(frame, got, this.#vars, got.type);
            if (wrong) throw new Error(`${wrong}, in ${JSON.stringify(got).slice(0, 300)}`);
            const tookMs = this.#line.arrivedMs.get(got) - this.#sentMs;
            if (tookMs < least) throw new Error(`came after ${Math.round(tookMs)} ms, which is before ${least}`);
        },
        expect_in_any_order: async ({ frames }) => {
            const open = [...frames];
            while (open.length > 0) {
                const got = await this.#soon(this.#line.frames.take(() => true, PATIENCE_MS));
                const at = got ? open.findIndex((each) => !mismatch(each, got, new Map(this.#vars))) : -1;
                if (at < 0) throw new Error(`expected one of ${JSON.stringify(open)}, found ${JSON.stringify(got) ?? 'nothing'}`);
                mismatch(open.splice(at, 1)[0], got, this.#vars);
            }
        },
        send: ({ frame }) => {
            const full = filled(frame, this.#vars);
            if (full.type === 'error' && full.id) this.#rules.answered.add(full.id);
            this.#sentMs = performance.now();
            this.#line.send(full);
        },
        send_text: ({ text }) => this.#line.sendText(text),
        send_binary: ({ text }) => this.#line.sendBinary(text),
        send_many: ({ frame, count, from }) => {
            for (let n = from; n < from + count; n++) {
                this.#vars.set('$n', n);
                this.#line.send(filled(frame, this.#vars));
            }
        },
        // Stores `count` messages of the client whose contents are `first`, first + 1, ..., and acks each.
        store_many: async ({ room, count, first = 0, seq }) => {
            for (let i = 0; i < count; i++) {
                const got = await this.#soon(this.#line.frames.take(() => true, PATIENCE_MS));
                const wrong = mismatch({ type: 'broadcast', room_id: room, content: first + i, id: '$any' }, got, this.#vars);
                if (wrong) throw new Error(`message ${i + 1} of ${count}: ${wrong}`);
                this.#line.send({ type: 'ack', id: got.id, room_id: room, seq: seq + i });
            }
        },
        close: ({ code, reason = '' }) => this.#end(() => this.#line.close(code, reason)),
        drop: () => this.#end(() => this.#line.drop()),
        silence: () => this.#end(() => this.#line.fallSilent()),
        closed: async () => {
            const until = performance.now() + PATIENCE_MS;
            while (!this.#line.ended) {
                if (performance.now() > until) throw new Error('the client did not close the connection');
                await new Promise((resolve) => setTimeout(resolve, 5));
            }
            this.#lastEndMs = performance.now();
        },
        quiet: async ({ ms }) => {
            await new Promise((resolve) => setTimeout(resolve, ms));
            this.#noFrames(`within ${ms} ms of quiet`);
        },
        // Turns each connection away with `code`, and looks at the pauses: full jitter spreads them.
        turn_away: async ({ code, times, ceilings_ms: ceilings, together_ms: together = 0 }) => {
            const pauses = [];
            for (let i = 0; i < times; i++) {
                await this.#server.accept({ within_ms: [0, ceilings[i] + 1000] });
                if (i > 0) pauses.push(this.#tookMs);
                this.#line.forget();
                if (i < times - 1) this.#server.close({ code }); // the last one stays, else another might come behind the last step
            }
            const late = pauses.findIndex((ms, i) => ms > ceilings[i + 1] + 300);
            if (late >= 0) throw new Error(`pause ${late + 1} was ${Math.round(pauses[late])} ms, over ${ceilings[late + 1]}`);
            const sum = pauses.reduce((all, ms) => all + ms);
            if (sum < together) throw new Error(`a flood: ${times} connections within ${Math.round(sum)} ms`);
            if (Math.max(...pauses) - Math.min(...pauses) < 5) throw new Error(`no jitter: pauses of ${pauses.map(Math.round)} ms`);
        },
    };

    #end(action) {
        this.#lastEndMs = performance.now();
        return action();
    }

    async #handshake(ms) {
        const got = await this.#soon(this.#handshakes.take((each) => !each.gone, Math.max(ms, 50)));
        if (!got) throw new Error(`within ${ms} ms no connection came`);
        return got;
    }

    /** What is waited for, unless the driver says meanwhile that it cannot do it. */
    #soon(promise) {
        return Promise.race([promise, this.#givenUp]);
    }

    #unbroken() {
        if (this.#rules.broken.length > 0) throw new Error(this.#rules.broken[0]);
    }

    #noFrames(when) {
        for (const line of this.#lines) {
            const [frame] = line.frames.items;
            if (frame) throw new Error(`${when} came ${JSON.stringify(frame).slice(0, 300)}`);
        }
        if (this.#handshakes.items.some((each) => !each.gone)) throw new Error(`${when} came a connection`);
    }

    #nothingLeft() {
        this.#unbroken();
        this.#noFrames('behind the last step');
        const left = this.#events.items.find((event) => COUNTED.has(event.saw));
        if (left) throw new Error(`behind the last step the application saw ${JSON.stringify(left)}`);
    }
}
