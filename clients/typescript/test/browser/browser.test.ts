import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { Roomwire } from 'roomwire';
import { Chromium } from '../support/chromium.js';
import type { Tab } from '../support/chromium.js';
import { find, noNodes, Programs } from '../support/programs.js';
import { Proxy } from '../support/proxy.js';
import { until } from '../support/until.js';

const missing = noNodes() ?? (find('chromium') ? undefined : 'no chromium');
/** Long enough for all that a browser does to a frozen tab, and for the node's heartbeat.timeout to have passed. */
const FROZEN_S = Number(process.env.ROOMWIRE_FROZEN_S ?? 60);
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };

describe('in Chromium', { skip: missing ?? false, concurrency: true, timeout: 150_000 }, () => {
    const programs = new Programs();
    const site = createServer((request, response) => {
        const path = new URL(request.url!, 'http://x').pathname;
        const file = path.startsWith('/dist/') ? path.slice(1) : 'test/browser/page.html';
        response.setHeader('Content-Type', `${TYPES[extname(file)] ?? 'text/plain'}; charset=utf-8`);
        response.end(readFileSync(resolve(file)));
    });
    let chromium: Chromium;
    let node: string;

    before(async () => {
        await new Promise<void>((listening) => site.listen(0, '127.0.0.1', listening));
        const options = ['--port', '0', '--ops-port', '0', '--set', `origins.allowed=${origin()}`];
        node = (await programs.node(...options)).url;
        chromium = await Chromium.start(find('chromium')!, programs);
    });

    after(async () => {
        chromium?.close();
        site.close();
        site.closeAllConnections();
        await programs.end();
    });

    const origin = () => `http://127.0.0.1:${(site.address() as AddressInfo).port}`;

    /**
     * A page with a client in the room, whose line goes through the proxy. Each test has a user and a store of its own: tabs of one user are heirs,
     * and a frozen one may hold a store.
     */
    async function open(proxy: Proxy, room: string): Promise<Tab> {
        const tab = await chromium.tab(`${origin()}/?user=${room}&room=${room}&url=${encodeURIComponent(proxy.url)}`);
        await until('the page is there', () => tab.evaluate<boolean>('!!globalThis.page').catch(() => false));
        return tab;
    }

    const isOpen = (tab: Tab) => until('connected', () => tab.evaluate<boolean>("page.client.state === 'open'"));

    async function stored(room: string): Promise<unknown[]> {
        const reader = new Roomwire(node, { user: 'reader', WebSocket });
        try {
            const all: unknown[] = [];
            for await (const { messages } of reader.room(room).history({ after: 0, limit: 500 }))
                all.push(...messages.map(({ content }) => content));
            return all;
        } finally {
            reader.close();
        }
    }

    test('100 messages written offline, the tab killed in the middle, reloaded: each is stored once and in order', async (t) => {
        const proxy = await Proxy.before(node);
        t.after(() => proxy.close());
        const first = await open(proxy, 'tunnel');
        await isOpen(first);
        await first.evaluate('page.room.joined()');
        proxy.offline = true;
        await first.evaluate('void page.write(1, 1000)'); // never through: it is killed on the way
        await until('half of them are written', () => first.evaluate<boolean>('page.kept >= 50'));
        const kept = await first.evaluate<number>('page.kept');
        first.kill();
        const second = await open(proxy, 'tunnel');
        await until('restored', () => second.evaluate<boolean>(`page.room.pending.length >= ${kept}`));
        const found = await second.evaluate<number>('page.room.pending.length');
        await second.evaluate(`page.write(${found + 1}, ${Math.max(100, found + 50)})`);
        proxy.offline = false;
        await second.evaluate('page.client.wake()');
        await until('all are stored', () => second.evaluate<boolean>('page.room.pending.length === 0'), 20_000);
        const all = await stored('tunnel');
        assert.deepEqual(all, Array.from({ length: all.length }, (_, i) => i + 1));
        assert.ok(all.length >= 100, `${all.length}`);
        t.diagnostic(`${all.length} messages, ${found} of them from the tab that was killed`);
    });

    test('two tabs share one outbox: what a tab leaves that dies is sent by the other, once', async (t) => {
        const proxy = await Proxy.before(node);
        t.after(() => proxy.close());
        const [dying, heir] = [await open(proxy, 'shared'), await open(proxy, 'shared')];
        for (const tab of [dying, heir]) await isOpen(tab);
        proxy.offline = true;
        await dying.evaluate('page.write(1, 10)');
        await heir.evaluate('page.write(101, 110)');
        dying.kill();
        await until('inherited', () => heir.evaluate<boolean>('page.room.pending.length === 20'));
        proxy.offline = false;
        await heir.evaluate('page.client.wake()');
        await until('all are stored', () => heir.evaluate<boolean>('page.room.pending.length === 0'));
        const all = (await stored('shared')) as number[];
        const count = (from: number) => Array.from({ length: 10 }, (_, i) => i + from);
        assert.deepEqual([all.filter((n) => n < 100), all.filter((n) => n > 100), all.length], [count(1), count(101), 20]);
    });

    test('a worker has a client of its own', async (t) => {
        const proxy = await Proxy.before(node);
        t.after(() => proxy.close());
        const tab = await open(proxy, 'page');
        const script = `import { Roomwire } from '${origin()}/dist/index.js';
            const client = new Roomwire('${proxy.url}', { user: 'worker' });
            client.room('work').send('from a worker').then(({ seq }) => postMessage(seq));`;
        const seq = await tab.evaluate(`new Promise((stored, failed) => {
            const url = URL.createObjectURL(new Blob([${JSON.stringify(script)}], { type: 'text/javascript' }));
            const worker = new Worker(url, { type: 'module' });
            worker.onmessage = ({ data }) => stored(data);
            worker.onerror = failed;
        })`);
        assert.deepEqual([seq, await stored('work')], [1, ['from a worker']]);
    });

    test(`a tab frozen for ${FROZEN_S} s, whose line is dead, is complete within 2 s of waking`, async (t) => {
        const proxy = await Proxy.before(node);
        t.after(() => proxy.close());
        const tab = await open(proxy, 'frozen');
        await isOpen(tab);
        await tab.evaluate('page.room.joined()');
        await tab.freeze();
        const writer = new Roomwire(node, { user: 'bob', WebSocket });
        t.after(() => writer.close());
        const room = writer.room('frozen');
        await room.send('before the line is dead');
        proxy.silence();
        for (let n = 1; n < 100; n++) await room.send(n);
        await new Promise((resolve) => setTimeout(resolve, FROZEN_S * 1000));
        const wokenAt = performance.now();
        await tab.wake();
        await until('complete', () => tab.evaluate<boolean>('page.heard.length >= 100'), 15_000);
        const tookMs = performance.now() - wokenAt;
        t.diagnostic(`complete ${Math.round(tookMs)} ms after it was woken`);
        assert.deepEqual(await tab.evaluate('page.heard'), ['before the line is dead', ...Array.from({ length: 99 }, (_, i) => i + 1)]);
        assert.ok(tookMs < 2000, `${Math.round(tookMs)} ms`);
    });
});
