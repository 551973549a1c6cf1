import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { Roomwire } from 'roomwire';
import { FakeServer } from 'roomwire/testing';
import { until } from '../support/until.js';
import { hasCode } from '../support/lobby.js';

const clients: Roomwire[] = [];
afterEach(() => clients.splice(0).forEach((client) => client.close()));

function open(server: FakeServer, user = 'ada'): Roomwire {
    const client = new Roomwire(server.url, { user, WebSocket: server.WebSocket });
    clients.push(client);
    return client;
}

test('two clients of a fake server hear each other, and both see one order', async () => {
    const server = new FakeServer();
    const [ada, bob] = [open(server), open(server, 'bob')];
    const rooms = [ada, bob].map((client) => client.room('lobby'));
    const heard: unknown[][] = [[], []];
    rooms.forEach((room, i) => room.on('message', ({ content }) => heard[i]!.push(content)));
    await Promise.all(rooms.map((room) => room.joined()));
    assert.equal((await rooms[0]!.send('hi')).seq, 1);
    assert.equal((await rooms[1]!.send('hello')).seq, 2);
    assert.deepEqual(heard, [['hi', 'hello'], ['hi', 'hello']]);
});

test('a cut is mended: nothing missed, nothing twice', async () => {
    const server = new FakeServer();
    const room = open(server).room('lobby');
    const heard: unknown[] = [];
    room.on('message', ({ content }) => heard.push(content));
    await room.joined();
    server.say('lobby', 1);
    server.close(4001);
    server.say('lobby', 2);
    await until('heard', () => heard.length === 2);
    server.say('lobby', 3);
    await until('heard', () => heard.length === 3);
    assert.deepEqual(heard, [1, 2, 3]);
});

test('errors that pass are sent again, and those that stay fail', async () => {
    const server = new FakeServer();
    const room = open(server).room('lobby');
    server.failNext('unavailable');
    assert.equal((await room.send('a')).seq, 1);
    server.failNext('forbidden');
    await assert.rejects(room.send('b'), hasCode('forbidden'));
    server.refuse('secret');
    await assert.rejects(open(server).room('secret').joined(), hasCode('forbidden'));
});

test('a new life of the log is told', async () => {
    const server = new FakeServer();
    const room = open(server).room('lobby');
    const told: unknown[] = [];
    room.on('reset', ({ resumedAfter, uncertainAfter }) => told.push([resumedAfter, uncertainAfter]));
    await room.send('a');
    await room.send('b');
    await until('both were heard', () => room.messages.length === 2);
    server.beginAnew('lobby', 1);
    await until('told', () => told.length === 1);
    assert.deepEqual(told, [[1, 1]]);
    assert.deepEqual(
        room.messages.map(({ content }) => content),
        ['a'],
    );
});

test('presence is watched, and history read in pages', async () => {
    const server = new FakeServer();
    const room = open(server).room('lobby');
    const lists: string[] = [];
    room.presence.on('change', ({ members }) => lists.push(members.map(({ user }) => user).join()));
    await until('the list is there', () => lists.at(-1) === 'ada');
    const bob = open(server, 'bob');
    bob.room('lobby');
    await until('bob came', () => lists.at(-1) === 'ada,bob');
    bob.close();
    await until('bob went', () => lists.at(-1) === 'ada');
    for (let i = 1; i <= 5; i++) server.say('lobby', i);
    const pages: unknown[] = [];
    for await (const { messages } of room.history({ limit: 2 })) pages.push(messages.map(({ content }) => content));
    assert.deepEqual(pages, [[4, 5], [2, 3], [1]]);
});

test('a direct message comes to whom it is for', async () => {
    const server = new FakeServer();
    const bob = open(server, 'bob');
    const heard: string[] = [];
    bob.on('direct', ({ sender, content }) => heard.push(`${sender} ${content}`));
    await open(server).direct('bob', 'psst');
    await until('heard', () => heard.length === 1);
    assert.deepEqual(heard, ['ada psst']);
});
