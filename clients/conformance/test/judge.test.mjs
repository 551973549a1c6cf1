// The judge has to be able to fail. A client by hand plays one scenario rightly, and then wrongly in each way that counts.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const judge = spawn(process.execPath, [fileURLToPath(new URL('../judge.mjs', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] });
after(() => judge.stdin.end());
const waiting = new Map();
let ready;
const started = new Promise((resolve) => (ready = resolve));
createInterface({ input: judge.stdout }).on('line', (text) => {
    const line = JSON.parse(text);
    if (line.ready) ready();
    else waiting.get(line.run)?.(line);
});

/** Plays with a client that answers each command by `act(command, wire, saw)`, and gives the verdict. */
async function play(run, name, act) {
    await started;
    return new Promise((resolve) => {
        const wire = { send: () => {} };
        const saw = (event) => judge.stdin.write(`${JSON.stringify({ run, ...event })}\n`);
        waiting.set(run, (line) => {
            if (!line.verdict) return act(line, wire, saw);
            wire.socket?.destroy();
            return resolve(line);
        });
        judge.stdin.write(`${JSON.stringify({ play: name, run })}\n`);
    });
}

/** A WebSocket client of some lines: short text frames, and no checks. */
function connect(wire, url, received) {
    const { hostname, port, pathname } = new URL(url);
    const socket = (wire.socket = net.connect(Number(port), hostname));
    socket.on('error', () => {});
    const key = randomBytes(16).toString('base64');
    socket.write(
        `GET ${pathname} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    let rest = Buffer.alloc(0);
    let open = false;
    socket.on('data', (bytes) => {
        rest = Buffer.concat([rest, bytes]);
        if (!open) {
            const end = rest.indexOf('\r\n\r\n');
            if (end < 0) return;
            open = true;
            rest = rest.subarray(end + 4);
            received({ type: 'open' });
        }
        while (rest.length >= 2) {
            const long = rest[1] === 126;
            const [at, length] = long ? [4, rest.readUInt16BE(2)] : [2, rest[1]];
            if (rest.length < at + length) return;
            if ((rest[0] & 15) === 1) received(JSON.parse(rest.subarray(at, at + length).toString()));
            rest = rest.subarray(at + length);
        }
    });
    wire.send = (frame) => {
        const text = Buffer.from(JSON.stringify(frame));
        const head = text.length < 126 ? [0x81, 0x80 | text.length] : [0x81, 0xfe, text.length >> 8, text.length & 255];
        socket.write(Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), text])); // a mask of zeros masks nothing
    };
}

/** A client that does what "first connect" asks for. `wrong` names what it does otherwise. */
function client(wrong) {
    return ({ do: what, url }, wire, saw) => {
        if (what !== 'open') return;
        if (wrong === 'unsupported') return saw({ unsupported: 'open' });
        if (wrong === 'silent') return;
        connect(wire, url, (frame) => {
            if (frame.type === 'open') {
                if (wrong === 'early') wire.send({ type: 'broadcast', room_id: 'lobby', content: 'x', id: '1' });
                wire.send({ type: 'join', room_id: 'lobby', id: 'j', ...(wrong === 'nobody' ? {} : { user_id: 'ada' }) });
                saw({ saw: 'state', state: 'open' });
            } else if (frame.type === 'joined') saw({ saw: 'joined', room: 'lobby' });
            else if (frame.type === 'broadcast') {
                const { content, sender, seq } = frame;
                saw({ saw: 'message', room: 'lobby', content: wrong === 'content' ? 'other' : content, sender, seq });
                if (wrong === 'twice') saw({ saw: 'message', room: 'lobby', content, sender, seq });
                if (wrong === 'frame') wire.send({ type: 'leave', room_id: 'lobby' });
            }
        });
    };
}

test('a right client passes', async () => {
    const { verdict, why } = await play('right', 'first connect', client());
    assert.equal(verdict, 'passed', why);
});

const faults = {
    silent: /no connection came/,
    early: /a broadcast before joined/,
    nobody: /the first join names the user/,
    content: /expected hello, found "other"/,
    twice: /behind the last step the application saw/,
    frame: /behind the last step came \{"type":"leave"/,
};
for (const [wrong, expected] of Object.entries(faults)) {
    test(`a client fails that is wrong in: ${wrong}`, async () => {
        const { verdict, why } = await play(wrong, 'first connect', client(wrong));
        assert.equal(verdict, 'failed');
        assert.match(why, expected);
    });
}

test('what a driver cannot do is skipped, with the reason', async () => {
    const { verdict, why } = await play('unsupported', 'first connect', client('unsupported'));
    assert.deepEqual([verdict, why], ['skipped', 'the driver has no open']);
});
