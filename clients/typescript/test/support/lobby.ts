import { afterEach } from 'node:test';
import { Roomwire, RoomwireError } from 'roomwire';
import type { Options } from 'roomwire';
import { FakeSocket, settled } from './fake-socket.js';

/** Closed behind each test. */
export const clients: Roomwire[] = [];

afterEach(() => {
    for (const client of clients.splice(0)) client.close();
});

export function open(options: Partial<Options> = {}): Roomwire {
    const client = new Roomwire('ws://127.0.0.1:1/ws', { user: 'ada', WebSocket: FakeSocket, ...options });
    clients.push(client);
    return client;
}

/** A client in the lobby, and the socket of its connection. */
export async function inLobby(options: Partial<Options> = {}) {
    const client = open(options);
    const room = client.room('lobby');
    await settled();
    const socket = FakeSocket.newest;
    socket.open();
    await settled();
    socket.join('@ada');
    socket.join('lobby');
    await settled();
    return { client, room, socket };
}

/** A message of the lobby, whose content is its seq. */
export function message(seq: number): object {
    return { type: 'broadcast', room_id: 'lobby', content: seq, sender: 'bob', ts: 1, seq };
}

export function hasCode(code: string): (error: unknown) => boolean {
    return (error) => error instanceof RoomwireError && error.code === code;
}
