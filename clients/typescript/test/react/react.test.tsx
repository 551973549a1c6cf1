import { shown, show } from '../support/page.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { act, startTransition, useState } from 'react';
import { useConnection, useMessages, usePresence, useRoom } from 'roomwire/react';
import { FakeServer } from 'roomwire/testing';
import { until } from '../support/until.js';

function List({ history = 0, room = 'lobby' }: { history?: number; room?: string }) {
    const { messages, error } = useMessages<string>(room, { history });
    return <ul>{error ? error.code : messages.map(({ seq, content }) => <li key={seq}>{content}</li>)}</ul>;
}

const items = (element: Element) => [...element.querySelectorAll('li')].map((each) => each.textContent);

/** A server, and the joins and leaves of the lobby that it sees. */
function counting() {
    const server = new FakeServer();
    const frames: string[] = [];
    const Inner = server.WebSocket as new (url: string, protocols?: string[]) => { send(text: string): void };
    const WebSocket = class extends Inner {
        override send(text: string): void {
            const { type, room_id: room } = JSON.parse(text) as { type: string; room_id?: string };
            if (room === 'lobby' && (type === 'join' || type === 'leave')) frames.push(type);
            super.send(text);
        }
    };
    return { server, frames, seen: { url: server.url, WebSocket } };
}

test('under StrictMode a room is joined once, and left when the last component has gone', async () => {
    const { server, frames, seen } = counting();
    const { element, render } = await show(seen, <><List /><List /></>);
    await until('joined', () => server.members('lobby').length === 1);
    server.say('lobby', 'a');
    await shown('both lists', () => items(element).length === 2);
    await render(<List />);
    server.say('lobby', 'b');
    await shown('the list that stayed', () => items(element).join() === 'a,b');
    assert.deepEqual(frames, ['join']);
    await render(null);
    await until('left', () => server.members('lobby').length === 0);
    assert.deepEqual(frames, ['join', 'leave']);
});

test('history stands above, and more comes when it is asked for, without a hole or a repeat', async () => {
    const server = new FakeServer();
    for (let i = 1; i <= 7; i++) server.say('lobby', String(i));
    let load = async () => {};
    function Older() {
        const { loadOlder, hasOlder, messages } = useMessages<string>('lobby', { history: 3 });
        load = loadOlder;
        return (
            <ul data-older={hasOlder}>
                {messages.map(({ seq, content }) => (
                    <li key={seq}>{content}</li>
                ))}
            </ul>
        );
    }
    const { element } = await show(server, <Older />);
    await shown('the newest three', () => items(element).join() === '5,6,7');
    server.say('lobby', '8');
    await act(async () => void (await Promise.all([load(), load()])));
    await shown('older ones', () => items(element).join() === '2,3,4,5,6,7,8');
    await act(() => load());
    assert.equal(items(element).join(), '1,2,3,4,5,6,7,8');
    assert.equal(element.querySelector('ul')!.dataset.older, 'false');
});

test('the list is the same object until it changes', async () => {
    const server = new FakeServer();
    const seen = new Set<unknown>();
    let rerender = () => {};
    function Probe() {
        const [, set] = useState(0);
        rerender = () => set((n) => n + 1);
        seen.add(useMessages('lobby').messages);
        return null;
    }
    await show(server, <Probe />);
    await until('joined', () => server.members('lobby').length === 1);
    await act(() => new Promise((resolve) => setTimeout(resolve, 20)));
    const before = seen.size;
    for (let i = 0; i < 5; i++) act(() => rerender());
    assert.equal(seen.size, before);
});

test('components that show one room never differ within a render', async () => {
    const server = new FakeServer();
    const torn: string[] = [];
    function Pair({ slow }: { slow: number }) {
        const first = useMessages('lobby').messages;
        const end = performance.now() + slow;
        while (performance.now() < end); // a render that takes its time, so that messages come in between
        const second = useMessages('lobby').messages;
        if (first !== second) torn.push(`${first.length} ${second.length}`);
        return <p>{first.length}</p>;
    }
    let go = (_slow: number) => {};
    function App() {
        const [slow, setSlow] = useState(0);
        go = setSlow;
        return <><Pair slow={slow} /><Pair slow={slow} /><Pair slow={slow} /></>;
    }
    const { element } = await show(server, <App />);
    await until('joined', () => server.members('lobby').length === 1);
    for (let i = 1; i <= 20; i++) {
        startTransition(() => go(i % 3));
        server.say('lobby', i);
        await act(() => new Promise((resolve) => setTimeout(resolve, 1)));
        const lengths = [...element.querySelectorAll('p')].map((each) => each.textContent);
        assert.equal(new Set(lengths).size, 1, lengths.join());
    }
    assert.deepEqual(torn, []);
});

test('a room that changes shows the other one, and the first is left', async () => {
    const server = new FakeServer();
    server.say('other', 'x');
    const { element, render } = await show(server, <List history={10} />);
    await until('joined', () => server.members('lobby').length === 1);
    await render(<List history={10} room="other" />);
    await shown('the other room', () => items(element).join() === 'x');
    await until('left', () => server.members('lobby').length === 0);
});

test('a room that does not let us in is an error, and no endless wait', async () => {
    const server = new FakeServer();
    server.refuse('lobby');
    const { element } = await show(server, <List />);
    await shown('the code', () => element.textContent === 'forbidden');
});

test('presence and the connection are shown as they are', async () => {
    const server = new FakeServer();
    function Both() {
        const members = usePresence('lobby')?.members.map(({ user }) => user);
        return <p>{`${useConnection().state} ${members?.sort().join() ?? '…'}`}</p>;
    }
    const { element } = await show(server, <Both />);
    await shown('alone', () => element.textContent === 'open ada');
    await show(server, <Both />, 'bob');
    await shown('both', () => element.textContent === 'open ada,bob');
    server.offline = true;
    await shown('away', () => element.textContent!.startsWith('waiting'));
});

test('useRoom sends', async () => {
    const server = new FakeServer();
    function Send() {
        const room = useRoom<string>('lobby');
        return <button onClick={() => void room.send('hi')} />;
    }
    const { element } = await show(server, <Send />);
    act(() => element.querySelector('button')!.click());
    await until('stored', () => server.messages('lobby').length === 1);
});
