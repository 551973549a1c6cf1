import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Roomwire } from 'roomwire';
import { memoryStore, storage } from 'roomwire/storage';
import { FakeServer } from 'roomwire/testing';
import { until } from '../support/until.js';

const SEED = Number(process.env.SEED ?? Date.now() % 100_000);
const LASTS_MS = 2000;
const CODES = [4001, 1001, 1006, 4101, 1012];

test('whatever happens to lines, server and process, each send is stored once and in order, and heard so', async (t) => {
    t.diagnostic(`SEED=${SEED}`);
    let seed = SEED + 1;
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const server = new FakeServer();
    const store = memoryStore();
    const start = () => new Roomwire(server.url, { user: 'ada', WebSocket: server.WebSocket, storage: storage({ store }) });
    let ada = start();
    let room = ada.room('lobby');
    const bob = new Roomwire(server.url, { user: 'bob', WebSocket: server.WebSocket });
    t.after(() => [ada, bob].forEach((client) => client.close()));
    const heard: unknown[] = [];
    const wrong: unknown[] = [];
    const witness = bob.room('lobby');
    witness.on('message', ({ content }) => heard.push(content));
    for (const type of ['gap', 'reset', 'refused'] as const) witness.on(type, (value) => wrong.push(type, value));
    await witness.joined();

    let sent = 0;
    let failures = 0;
    const faults = [
        () => server.close(CODES[Math.floor(random() * CODES.length)]!),
        () => failures++ < 5 && server.failNext('unavailable'),
        () => {
            server.offline = true;
            setTimeout(() => (server.offline = false), random() * 100);
        },
        () => server.beginAnew('lobby'),
        () => [ada, bob].forEach((client) => client.wake()),
        () => {
            room.close();
            room = ada.room('lobby');
        },
        async () => {
            await room.send(++sent).kept;
            ada.close();
            ada = start();
            room = ada.room('lobby');
        },
    ];
    for (const end = performance.now() + LASTS_MS; performance.now() < end; await pause(random() * 8)) {
        if (random() < 0.8) void room.send(++sent);
        else await faults[Math.floor(random() * faults.length)]!();
    }
    await pause(110);
    const contents = () => server.messages('lobby').map(({ content }) => content);
    await until('all is stored and heard', () => {
        [ada, bob].forEach((client) => client.state === 'waiting' && client.wake());
        return room.pending.length === 0 && contents().length === sent && heard.length === sent;
    });
    const all = Array.from({ length: sent }, (_, i) => i + 1);
    assert.deepEqual([contents(), heard, wrong], [all, all, []]);
    t.diagnostic(`${sent} messages`);
});
