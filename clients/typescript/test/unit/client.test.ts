import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Roomwire } from 'roomwire';
import { clients, hasCode, inLobby, message, open } from '../support/lobby.js';
import { FakeSocket, settled } from '../support/fake-socket.js';

test('without a token or a user there is no client', () => {
    assert.throws(() => new Roomwire('ws://x/ws', { WebSocket: FakeSocket }), TypeError);
});

test('a URL that is none is refused at once', () => {
    assert.throws(() => new Roomwire('nonsense', { user: 'ada', WebSocket: FakeSocket }), TypeError);
});

test('https becomes wss', async () => {
    clients.push(new Roomwire('https://example.com/ws', { user: 'ada', WebSocket: FakeSocket }));
    await settled();
    assert.equal(FakeSocket.newest.url, 'wss://example.com/ws');
});

test('what is sent is what it was then', async () => {
    const { room, socket } = await inLobby();
    const content = { text: 'first' };
    void room.send({ other: 1 });
    void room.send(content);
    content.text = 'changed';
    socket.receive({ type: 'ack', id: socket.last('broadcast')!.id, room_id: 'lobby', seq: 1 });
    assert.deepEqual(socket.last('broadcast')!.content, { text: 'first' });
});

test('content that JSON cannot say fails alone', async () => {
    const { room, socket } = await inLobby();
    const loop: { self?: unknown } = {};
    loop.self = loop;
    await assert.rejects(room.send(loop), TypeError);
    await assert.rejects(room.send(undefined), TypeError);
    await assert.rejects(room.send(10n), TypeError);
    void room.send('fine');
    assert.equal(socket.last('broadcast')!.content, 'fine');
});

test('a send that nobody waits for does not end the process when it fails', async () => {
    const { client, room, socket } = await inLobby();
    const failed: string[] = [];
    client.on('failed', ({ error, to, content }) => failed.push(`${error.code} ${to} ${content}`));
    void room.send('x');
    socket.receive({ type: 'error', code: 'forbidden', message: 'no', id: socket.last('broadcast')!.id, room_id: 'lobby' });
    await settled();
    assert.deepEqual(failed, ['forbidden lobby x']);
});

test('one message of a room is on its way at a time, or as many as inFlight says', async () => {
    for (const inFlight of [1, 2]) {
        const { room, socket } = await inLobby({ inFlight });
        for (const text of ['a', 'b', 'c']) void room.send(text);
        assert.equal(socket.sent.filter(({ type }) => type === 'broadcast').length, inFlight);
    }
});

test('a direct message needs no room', async () => {
    const { client, socket } = await inLobby();
    const stored = client.direct('bob', 'psst');
    const { user_id, id } = socket.last('direct')!;
    assert.equal(user_id, 'bob');
    socket.receive({ type: 'ack', id, room_id: '@bob', seq: 4, epoch: 'p' });
    assert.deepEqual(await stored, { id, seq: 4, epoch: 'p' });
});

test('a direct message that comes before the answer to the first join is passed on', async () => {
    const client = open();
    const heard: unknown[] = [];
    client.on('direct', ({ content }) => heard.push(content));
    await settled();
    FakeSocket.newest.open();
    FakeSocket.newest.receive({ type: 'direct', content: 'early', sender: 'bob', ts: 1, seq: 1 });
    FakeSocket.newest.join('@ada', { seq: 1, epoch: 'p' });
    FakeSocket.newest.receive({ type: 'direct', content: 'next', sender: 'bob', ts: 1, seq: 2 });
    assert.deepEqual(heard, ['early', 'next']);
});

test('whoever waits is told when the client is closed', async () => {
    const { client, room } = await inLobby();
    const other = client.room('other');
    const waiting = [room.send('x'), other.joined(), room.presence.list(), room.history().next()];
    await settled();
    client.close();
    for (const each of waiting) await assert.rejects(each, hasCode('closed'));
    assert.throws(() => client.room('again'), hasCode('closed'));
    assert.throws(() => client.connect(), hasCode('closed'));
    await assert.rejects(room.send('late'), hasCode('closed'));
});

test('a listener that throws is reported, and the others are called', async () => {
    const thrown: unknown[] = [];
    const { room, socket } = await inLobby({ onError: (e) => thrown.push((e as Error).message) });
    const heard: unknown[] = [];
    room.on('message', () => {
        throw new Error('at once');
    });
    room.on('message', async () => {
        throw new Error('later');
    });
    room.on('message', ({ content }) => heard.push(content));
    socket.receive(message(1));
    await settled();
    assert.deepEqual([thrown, heard], [['at once', 'later'], [1]]);
});

test('a listener that leaves and sends in the middle of an event does no harm', async () => {
    const { client, room, socket } = await inLobby();
    const second = client.room('lobby');
    room.on('message', () => {
        second.close();
        room.close();
        void room.send('answer');
    });
    socket.receive(message(1));
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(socket.last('broadcast')!.content, 'answer');
    assert.equal(socket.last('leave'), undefined, 'not before the answer is stored');
    socket.receive({ type: 'ack', id: socket.last('broadcast')!.id, room_id: 'lobby', seq: 2 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(socket.last('leave')!.room_id, 'lobby');
});

test('a room that is left and entered in one go is never left', async () => {
    const { client, room, socket } = await inLobby();
    const frames = socket.sent.length;
    room.close();
    client.room('lobby');
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(socket.sent.length, frames);
});

test('the newest messages are held, the same array until there is another one', async () => {
    const { room, socket } = await inLobby({ keep: 2 });
    assert.equal(room.messages, room.messages);
    for (const seq of [1, 2, 3]) socket.receive(message(seq));
    assert.deepEqual(
        room.messages.map(({ content }) => content),
        [2, 3],
    );
});

test('looking at a room that nobody has opened does not join it, then or later', async () => {
    const { client, socket } = await inLobby();
    const other = client.room('other', { open: false });
    assert.deepEqual([other.messages, other.pending, other.presence.current], [[], [], undefined]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    socket.end(4001);
    await new Promise((resolve) => setTimeout(resolve, 20));
    FakeSocket.newest.open();
    await settled();
    assert.equal(FakeSocket.newest.last('join', 'other'), undefined);
    assert.ok(FakeSocket.newest.last('join', 'lobby'));
});

test('who waits for a room that is closed meanwhile is told', async () => {
    const { client } = await inLobby();
    const other = client.room('other');
    const waiting = other.joined();
    other.close();
    await assert.rejects(waiting, hasCode('closed'));
});

test('a listener that closes another room while what is pending is told does not keep it from being left', async () => {
    const { client, room, socket } = await inLobby();
    const first = client.room('first');
    await settled();
    socket.join('first');
    await new Promise((resolve) => setTimeout(resolve, 5));
    room.on('pending', () => first.close());
    void first.send('x'); // so that the first room is told of before the lobby
    void room.send('y');
    await new Promise((resolve) => setTimeout(resolve, 5));
    socket.receive({ type: 'ack', id: socket.last('broadcast', 'first')!.id, room_id: 'first', seq: 1 });
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(socket.last('leave')?.room_id, 'first');
});
