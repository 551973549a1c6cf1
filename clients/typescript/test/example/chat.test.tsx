import { show, shown } from '../support/page.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { act } from 'react';
import { FakeServer } from 'roomwire/testing';
import { Chat } from '../../example/chat.js';

function write(element: Element, text: string): void {
    act(() => {
        const input = element.querySelector('input')!;
        // React watches the property itself, so it has to be set as the browser sets it.
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!.set!.call(input, text);
        input.dispatchEvent(new window.Event('input', { bubbles: true }));
    });
    act(() => element.querySelector<HTMLButtonElement>('form button')!.click());
}

const lines = (element: Element) => [...element.querySelectorAll('li')].map((each) => each.textContent!.trim());

test('the chat shows who is here and what was said, and works offline', async () => {
    const server = new FakeServer();
    server.say('lobby', 'before', 'eve');
    const { element } = await show(server, <Chat />);
    const members = () => element.querySelector('[aria-label=Members]')!.textContent;
    await shown('alone, with what was said before', () => members() === 'ada' && lines(element)[0] === 'eve before');
    const bob = await show(server, <Chat />, 'bob');
    await shown('both', () => members() === 'ada, bob');
    write(bob.element, 'hello');
    await shown('what bob says', () => lines(element).at(-1) === 'bob hello');
    server.offline = true;
    await shown('offline', () => element.querySelector('[role=status]')!.textContent!.startsWith('waiting'));
    write(element, 'from the tunnel');
    await shown('pending', () => lines(element).at(-1) === 'from the tunnel …');
    server.offline = false;
    await shown('stored', () => lines(element).at(-1) === 'ada from the tunnel');
    await shown('at bob', () => lines(bob.element).at(-1) === 'ada from the tunnel');
    assert.deepEqual(
        server.messages('lobby').map(({ content }) => content),
        ['before', 'hello', 'from the tunnel'],
    );
});
