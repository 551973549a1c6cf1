import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { Roomwire } from 'roomwire';
import type { Keeper, Message, Options } from 'roomwire';
import { memoryStore, storage } from 'roomwire/storage';
import type { Store } from 'roomwire/storage';
import { FakeServer } from 'roomwire/testing';
import { settled } from '../support/fake-socket.js';
import { fakeLocks } from '../support/locks.js';
import { until } from '../support/until.js';

const clients: Roomwire[] = [];
afterEach(() => clients.splice(0).forEach((client) => client.close()));

function open(server: FakeServer, keeper: Keeper, options: Options = {}): Roomwire {
    const client = new Roomwire(server.url, { user: 'ada', WebSocket: server.WebSocket, storage: keeper, ...options });
    clients.push(client);
    return client;
}

const contents = (server: FakeServer, room = 'lobby') => server.messages(room).map(({ content }) => content);

/** Sends while the server is away, and ends the client as soon as all is in its store. */
async function leaveUnsent(server: FakeServer, keeper: Keeper, texts: string[], options: Options = {}): Promise<void> {
    server.offline = true;
    const client = open(server, keeper, options);
    await Promise.all(texts.map((text) => client.room('lobby').send(text).kept));
    client.close();
    server.offline = false;
}

test('what one life left is sent by the next, before its own, though nobody opens the room', async () => {
    const server = new FakeServer();
    const store = memoryStore();
    await leaveUnsent(server, storage({ store }), ['a', 'b', 'c']);
    const client = open(server, storage({ store }));
    const sent: string[] = [];
    client.on('sent', ({ to }) => sent.push(to));
    const own = client.room('lobby', { open: false }).send('d');
    await own;
    assert.deepEqual(contents(server), ['a', 'b', 'c', 'd']);
    assert.deepEqual(sent, ['lobby', 'lobby', 'lobby', 'lobby']);
    await until('the room is left again', () => server.members('lobby').length === 0);
    await until('nothing is left in the store', async () => (await store.keys('roomwire/ada/out/')).length === 0);
});

test('another user on the same machine does not send it', async () => {
    const server = new FakeServer();
    const store = memoryStore();
    await leaveUnsent(server, storage({ store }), ['secret']);
    const eve = open(server, storage({ store }), { user: 'eve' });
    await eve.room('lobby').send('mine');
    assert.deepEqual(contents(server), ['mine']);
    open(server, storage({ store }));
    await until('its own user sends it', () => contents(server).includes('secret'));
    assert.equal(server.messages('lobby').at(-1)!.sender, 'ada');
});

test('a direct message survives as well', async () => {
    const server = new FakeServer();
    const store = memoryStore();
    server.offline = true;
    const first = open(server, storage({ store }));
    await first.direct('bob', 'psst').kept;
    first.close();
    server.offline = false;
    open(server, storage({ store }));
    await until('bob has it', () => contents(server, '@bob')[0] === 'psst');
});

test('a tab that lives sends its own, and when it dies another tab does, once', async () => {
    const server = new FakeServer();
    const store = memoryStore();
    const locks = fakeLocks();
    const keep = () => storage({ store, locks });
    server.offline = true;
    const dying = open(server, keep());
    await dying.room('lobby').send('left behind').kept;
    const heir = open(server, keep());
    await heir.room('lobby').send('mine').kept;
    server.offline = false;
    // Each has its own to send: neither takes what the other one still has.
    await until('both are stored', () => contents(server).length === 2);
    server.offline = true;
    await dying.room('lobby').send('at the end').kept;
    dying.close();
    server.offline = false;
    await until('the heir has sent it', () => contents(server).length === 3);
    assert.deepEqual([...contents(server)].sort(), ['at the end', 'left behind', 'mine']);
});

test('a tab hears of one that comes later, and inherits from it', async () => {
    const server = new FakeServer();
    const store = memoryStore();
    const locks = fakeLocks();
    const early = open(server, storage({ store, locks }));
    await early.room('lobby').send('first');
    const late = open(server, storage({ store, locks }));
    await late.room('lobby').send('second');
    server.offline = true;
    await late.room('lobby').send('third').kept;
    late.close();
    server.offline = false;
    await until('the early one has sent it', () => contents(server).length === 3);
});

test('a room is restored: what was held, then what was missed, nothing twice', async () => {
    const server = new FakeServer();
    const store = memoryStore();
    const first = open(server, storage({ store }));
    const heard: unknown[] = [];
    first.room('lobby').on('message', ({ content }) => heard.push(content));
    await first.room('lobby').joined();
    for (const text of ['a', 'b']) server.say('lobby', text);
    await until('heard', () => heard.length === 2);
    await until('stored', async () => ((await store.get('roomwire/ada/room/lobby')) as { seq: number }).seq === 2);
    first.close();
    server.say('lobby', 'c');
    server.offline = true;
    const second = open(server, storage({ store }));
    const room = second.room('lobby');
    const seen: string[] = [];
    room.on('restored', (messages: readonly Message[]) => messages.forEach(({ content }) => seen.push(`held ${content}`)));
    room.on('message', ({ content }) => seen.push(`new ${content}`));
    await until('restored while offline', () => seen.length === 2);
    server.offline = false;
    await until('resumed', () => seen.length === 3);
    server.say('lobby', 'd');
    await until('live', () => seen.length === 4);
    assert.deepEqual(seen, ['held a', 'held b', 'new c', 'new d']);
    assert.deepEqual(
        room.messages.map(({ content }) => content),
        ['a', 'b', 'c', 'd'],
    );
});

test('a store that fails forgets, and nothing else', async () => {
    const server = new FakeServer();
    const fail = () => Promise.reject(new Error('disk full'));
    const store: Store = { get: fail, set: fail, delete: fail, keys: fail };
    const client = open(server, storage({ store }));
    const sending = client.room('lobby').send('still sent');
    await assert.rejects(sending.kept, /disk full/);
    assert.equal((await sending).seq, 1);
});

test('what is in the store of somebody else, or of another version, is passed over', async () => {
    const server = new FakeServer();
    const store = memoryStore();
    await store.set('roomwire/ada/out/0-x/1', 'nonsense');
    await store.set('roomwire/ada/out/0-x/2', { id: 'i', to: 'lobby', text: '{' });
    await store.set('roomwire/ada/out/0-x/3', null);
    await store.set('roomwire/ada/out/0-x/4', { id: 'old', to: 'lobby', text: '"good"' });
    await store.set('roomwire/ada/room/lobby', { epoch: 7, seq: 'x' });
    open(server, storage({ store }));
    await until('the good one is sent', () => contents(server).length === 1);
    assert.deepEqual(contents(server), ['good']);
});

test('1,000 messages written at once are all kept, and all taken out again', async () => {
    const server = new FakeServer();
    const store = memoryStore();
    server.offline = true;
    const client = open(server, storage({ store }));
    const all = Array.from({ length: 1000 }, (_, i) => client.room('lobby').send(i));
    await Promise.all(all.map(({ kept }) => kept));
    server.offline = false;
    client.wake();
    await Promise.all(all);
    assert.deepEqual(contents(server), Array.from({ length: 1000 }, (_, i) => i));
    await until('nothing is left', async () => (await store.keys('roomwire/ada/out/')).length === 0);
});

test('a message that was stored though its answer was lost is found in what was missed, and not sent again', async () => {
    const server = new FakeServer();
    const store = memoryStore();
    await leaveUnsent(server, storage({ store }), ['once']);
    // The place from before it is in the store, and the server has the message by now, but has forgotten its id.
    await store.set('roomwire/ada/room/lobby', { epoch: 'epoch-1', seq: 0, messages: [] });
    const [key] = await store.keys('roomwire/ada/out/');
    const { id } = (await store.get(key!)) as { id: string };
    server.say('lobby', 'once', 'ada', id);
    const client = open(server, storage({ store }));
    const sent: (number | undefined)[] = [];
    client.on('sent', ({ seq }) => sent.push(seq));
    client.room('lobby');
    await until('known as stored', () => sent.length === 1);
    await until('nothing is left', async () => (await store.keys('roomwire/ada/out/')).length === 0);
    assert.deepEqual([sent, contents(server)], [[1], ['once']]);
});

test('a store that never answers, as one that a frozen tab holds, keeps messages back for some seconds at most', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const server = new FakeServer();
    const never = () => new Promise<never>(() => {});
    const client = open(server, storage({ store: { get: never, set: never, delete: never, keys: never } }));
    let seq: number | undefined;
    void client.room('lobby').send('still sent').then((stored) => (seq = stored.seq));
    for (let ms = 0; ms < 12_000 && !seq; ms += 100) {
        t.mock.timers.tick(100);
        await settled();
    }
    assert.equal(seq, 1);
});
