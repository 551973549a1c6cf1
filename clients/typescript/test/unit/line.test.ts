import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { inLobby, open } from '../support/lobby.js';
import { FakeSocket, settled } from '../support/fake-socket.js';

/** Time that goes as the test says; `sleep` is what passes while timers stand still. */
function fakeTime(t: TestContext) {
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    let nowMs = 0;
    let sleptMs = 0;
    t.mock.method(performance, 'now', () => nowMs);
    t.mock.method(Date, 'now', () => nowMs + sleptMs);
    return {
        tick(ms: number): void {
            for (let passed = 0; passed < ms; passed += 100) {
                nowMs += 100;
                t.mock.timers.tick(100);
            }
        },
        sleep: (ms: number) => void (sleptMs += ms),
    };
}

const tokenOf = (sub: string) => `x.${Buffer.from(JSON.stringify({ sub })).toString('base64url')}.x`;

test('a token of somebody else than the user that was named is refused before it is used', async () => {
    const before = FakeSocket.all.length;
    const client = open({ token: tokenOf('eve') });
    await settled();
    assert.equal(client.state, 'stopped');
    assert.match(client.status.reason!, /another user/);
    assert.equal(FakeSocket.all.length, before);
});

test('a token names users in any script', async () => {
    const client = open({ user: undefined, token: async () => tokenOf('Zoë 🐝') });
    await settled();
    assert.equal(client.user, 'Zoë 🐝');
});

test('where the handshake fails twice with a token, it goes by a frame, so that the server can say why', async (t) => {
    const time = fakeTime(t);
    const client = open({ token: async () => tokenOf('ada') });
    for (let i = 0; i < 2; i++) {
        await settled();
        assert.equal(FakeSocket.newest.protocols.length, 2);
        FakeSocket.newest.end(1006);
        time.tick(1000);
    }
    await settled();
    const socket = FakeSocket.newest;
    assert.deepEqual(socket.protocols, []);
    socket.open();
    assert.equal(socket.last('auth')!.token, tokenOf('ada'));
    assert.equal(client.state, 'connecting');
    socket.end(4501, 'token: signed by another key');
    assert.deepEqual([client.state, client.status.reason], ['stopped', 'token: signed by another key']);
});

test('a silent line is asked after 20 s, and given up 5 s later', async (t) => {
    const time = fakeTime(t);
    const { client, socket } = await inLobby();
    time.tick(19_900);
    assert.equal(socket.last('ping'), undefined);
    time.tick(2000);
    assert.ok(socket.last('ping'));
    time.tick(4000);
    assert.equal(client.state, 'open');
    time.tick(3000);
    assert.notEqual(client.state, 'open');
});

test('a machine that has slept proves the line first, and keeps it if it answers', async (t) => {
    const time = fakeTime(t);
    const { client, socket } = await inLobby();
    time.sleep(3_600_000);
    time.tick(1000);
    assert.ok(socket.last('ping'));
    socket.receive({ type: 'pong' });
    time.tick(5000);
    assert.equal(client.state, 'open');
});

test('a machine that has slept gives a dead line up within 2 s', async (t) => {
    const time = fakeTime(t);
    const { client } = await inLobby();
    time.sleep(3_600_000);
    time.tick(1000); // until it notices, as a timer does when the machine wakes
    time.tick(1300);
    assert.notEqual(client.state, 'open');
});

test('a connection that is nudged from several sides at once is asked once', async (t) => {
    fakeTime(t);
    const { client, socket } = await inLobby();
    for (let i = 0; i < 5; i++) client.wake();
    assert.equal(socket.sent.filter(({ type }) => type === 'ping').length, 1);
});

test('a function for tokens that never answers does not hold the client up for ever', async (t) => {
    const time = fakeTime(t);
    let asked = 0;
    const client = open({
        user: undefined,
        token: ({ signal }) =>
            new Promise((_, reject) => {
                asked++;
                signal.addEventListener('abort', () => reject(signal.reason));
            }),
    });
    await settled();
    time.tick(12_000);
    await settled();
    assert.ok(asked > 1, `asked ${asked} times`);
    assert.equal(client.state, 'connecting');
});
