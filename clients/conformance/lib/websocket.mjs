// One server side of a WebSocket (RFC 6455), by hand: the judge has to see and do what a library would hide, such as a line
// that falls silent, and must run where nothing was installed.
import { createHash } from 'node:crypto';

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

export function acceptKey(key) {
    return createHash('sha1').update(key + MAGIC).digest('base64');
}

export class ServerSocket {
    #socket;
    #rest = Buffer.alloc(0);
    #parts = [];
    #onText;
    #onEnd;
    #silent = false;
    #ended = false;

    /** `onText(string)` for each message; `onEnd(code)` once, when the line is gone; code 1006 without a close frame. */
    constructor(request, socket, head, { protocol, onText, onEnd }) {
        this.#socket = socket;
        this.#onText = onText;
        this.#onEnd = onEnd;
        const lines = [
            'HTTP/1.1 101 Switching Protocols',
            'Upgrade: websocket',
            'Connection: Upgrade',
            `Sec-WebSocket-Accept: ${acceptKey(request.headers['sec-websocket-key'])}`,
        ];
        if (protocol) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
        socket.setNoDelay(true);
        socket.write(lines.join('\r\n') + '\r\n\r\n');
        socket.on('data', (bytes) => this.#read(bytes));
        socket.on('error', () => {});
        socket.on('close', () => this.#end(1006));
        if (head.length > 0) this.#read(head);
    }

    send(text) {
        this.#write(TEXT, Buffer.from(text));
    }

    sendBinary(bytes) {
        this.#write(2, bytes);
    }

    close(code, reason = '') {
        const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
        payload.writeUInt16BE(code);
        payload.write(reason, 2);
        this.#write(CLOSE, payload);
        // A client that does not answer the close must not hold the run up.
        setTimeout(() => this.#socket.destroy(), 500).unref();
    }

    /** Gone without a word, as by a crash: the client's machine hears of it at once. */
    drop() {
        this.#socket.resetAndDestroy?.();
        this.#socket.destroy();
    }

    /** Half open: nothing is read or answered any more, and nobody is told. */
    fallSilent() {
        this.#silent = true;
        this.#socket.pause();
    }

    #write(opcode, payload) {
        if (this.#silent || this.#socket.destroyed) return;
        const length = payload.length;
        const head = Buffer.alloc(length < 126 ? 2 : length < 65536 ? 4 : 10);
        head[0] = 0x80 | opcode;
        if (length < 126) head[1] = length;
        else if (length < 65536) {
            head[1] = 126;
            head.writeUInt16BE(length, 2);
        } else {
            head[1] = 127;
            head.writeBigUInt64BE(BigInt(length), 2);
        }
        this.#socket.write(Buffer.concat([head, payload]));
    }

    #read(bytes) {
        this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
        for (let frame = this.#take(); frame; frame = this.#take()) this.#frame(frame);
    }

    #take() {
        const bytes = this.#rest;
        if (bytes.length < 2) return undefined;
        let length = bytes[1] & 0x7f;
        let at = 2;
        if (length === 126) {
            if (bytes.length < 4) return undefined;
            length = bytes.readUInt16BE(2);
            at = 4;
        } else if (length === 127) {
            if (bytes.length < 10) return undefined;
            length = Number(bytes.readBigUInt64BE(2));
            at = 10;
        }
        const masked = (bytes[1] & 0x80) !== 0;
        if (!masked) return void this.close(1002, 'frames of a client are masked');
        if (bytes.length < at + 4 + length) return undefined;
        const mask = bytes.subarray(at, at + 4);
        const payload = Buffer.from(bytes.subarray(at + 4, at + 4 + length));
        for (let i = 0; i < length; i++) payload[i] ^= mask[i & 3];
        this.#rest = bytes.subarray(at + 4 + length);
        return { last: (bytes[0] & 0x80) !== 0, opcode: bytes[0] & 0x0f, payload };
    }

    #frame({ last, opcode, payload }) {
        if (opcode === PING) return this.#write(PONG, payload);
        if (opcode === CLOSE) {
            this.#write(CLOSE, payload.subarray(0, 2));
            this.#socket.end();
            return this.#end(payload.length >= 2 ? payload.readUInt16BE(0) : 1005);
        }
        if (opcode > 2) return undefined;
        this.#parts.push(payload);
        if (!last) return undefined;
        const text = Buffer.concat(this.#parts).toString('utf8');
        this.#parts = [];
        return this.#onText(text);
    }

    #end(code) {
        if (this.#ended) return;
        this.#ended = true;
        this.#onEnd(code);
    }
}
