import assert from 'node:assert/strict';
import { afterEach } from 'node:test';
import { act, StrictMode } from 'react';
import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { Roomwire } from 'roomwire';
import { RoomwireProvider } from 'roomwire/react';
import type { FakeServer } from 'roomwire/testing';

const cleanups: (() => void)[] = [];
afterEach(() => {
    for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

/** Renders under StrictMode, with a client of the server. */
export async function show(server: { readonly url: string; readonly WebSocket: FakeServer['WebSocket'] }, children: ReactNode, user = 'ada') {
    const client = new Roomwire(server.url, { user, WebSocket: server.WebSocket });
    const element = document.body.appendChild(document.createElement('div'));
    const root = createRoot(element);
    const render = (next: ReactNode) =>
        act(async () =>
            root.render(
                <StrictMode>
                    <RoomwireProvider client={client}>{next}</RoomwireProvider>
                </StrictMode>,
            ),
        );
    cleanups.push(() => {
        act(() => root.unmount());
        element.remove();
        client.close();
    });
    await render(children);
    return { client, element, render };
}

/** Waits until what is shown is so. */
export async function shown(what: string, holds: () => boolean, timeoutMs = 5000): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (!holds()) {
        assert.ok(performance.now() < end, `within ${timeoutMs} ms: ${what}; the page has: ${document.body.textContent}`);
        await act(() => new Promise((resolve) => setTimeout(resolve, 5)));
    }
}
