import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Room } from 'roomwire';
import { hasCode, inLobby, message } from '../support/lobby.js';
import { settled } from '../support/fake-socket.js';

function read(room: Room) {
    const heard: unknown[] = [];
    const reading = (async () => {
        for await (const { content } of room) heard.push(content);
    })();
    return { heard, reading };
}

test('for await gives each message, and ends with the room', async () => {
    const { room, socket } = await inLobby();
    const { heard, reading } = read(room);
    for (const seq of [1, 2, 3]) socket.receive(message(seq));
    await settled();
    room.close();
    await reading;
    assert.deepEqual(heard, [1, 2, 3]);
});

test('for await fails where the server puts us out, behind what came before', async () => {
    const { room, socket } = await inLobby();
    const { heard, reading } = read(room);
    socket.receive(message(1));
    socket.receive({ type: 'left', room_id: 'lobby' });
    await assert.rejects(reading, hasCode('forbidden'));
    assert.deepEqual(heard, [1]);
});

test('a stream is cancelled by its signal, also by one that is over', async () => {
    const { room } = await inLobby();
    const controller = new AbortController();
    const next = room.stream({ signal: controller.signal }).next();
    controller.abort(new Error('enough'));
    await assert.rejects(next, /enough/);
    await assert.rejects(room.stream({ signal: controller.signal }).next(), /enough/);
});

test('a stream of a closed room is over', async () => {
    const { room } = await inLobby();
    room.close();
    assert.deepEqual(await room.stream().next(), { done: true, value: undefined });
});
