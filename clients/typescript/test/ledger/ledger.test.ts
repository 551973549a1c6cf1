import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { Roomwire } from 'roomwire';
import { find, freePort, noNodes, Programs } from '../support/programs.js';
import { until } from '../support/until.js';

const MESSAGES = 300;
const missing = noNodes() ?? ['redis-server', 'haproxy'].filter((name) => !find(name)).map((name) => `no ${name}`)[0];

interface Entry {
    readonly life?: number;
    readonly restored?: number[];
    readonly seq?: number;
    readonly tried?: number;
    readonly kept?: number;
    readonly done?: number;
    readonly gap?: number[];
    readonly reset?: number;
    readonly failed?: unknown;
}

test('three nodes behind HAProxy are killed, and a client too: each send is stored once and in order, each callback comes once and in order', { skip: missing ?? false, timeout: 150_000 }, async (t) => {
    const programs = new Programs();
    t.after(() => programs.end());
    const { nodes, url } = await cluster(programs);

    // One client stays all the time and sees it all; the other one writes, and is killed.
    const witness = new Roomwire(url, { user: 'eve', WebSocket });
    t.after(() => witness.close());
    const seen: number[] = [];
    const wrong: string[] = [];
    const room = witness.room('ledger');
    room.on('message', ({ seq }) => seen.push(seq!));
    room.on('gap', ({ from, to }) => wrong.push(`gap ${from} to ${to}`));
    room.on('reset', ({ resumedAfter }) => wrong.push(`reset after ${resumedAfter}`));
    await room.joined({ signal: AbortSignal.timeout(20_000) });

    writeFileSync(`${programs.folder}/ledger`, '');
    const entries = () => readFileSync(`${programs.folder}/ledger`, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line) as Entry);
    const tried = () => entries().reduce((most, { tried: n = 0 }) => Math.max(most, n), 0);
    const live = async () => {
        const args = [resolve('.test/ledger/client.mjs'), url, programs.folder, String(tried() + 1), String(MESSAGES)];
        return (await programs.start(process.execPath, args)).process;
    };

    let client = await live();
    for (let fault = 1; fault <= 5; fault++) {
        const from = tried();
        await until('the client goes on', () => tried() >= Math.min(MESSAGES, from + MESSAGES / 10), 20_000);
        if (fault % 2 === 0) {
            client.kill('SIGKILL');
            client = await live();
        } else await nodes[((fault - 1) / 2) % nodes.length]!.killed();
    }
    await until('the last life is through', () => entries().some(({ done }) => done), 60_000);

    const stored: number[] = [];
    const seqs: number[] = [];
    for await (const { messages } of room.history({ after: 0, limit: 500 }))
        for (const { content, seq } of messages) {
            stored.push((content as { n: number }).n);
            seqs.push(seq!);
        }
    const all = entries();
    assert.deepEqual(all.filter(({ failed }) => failed !== undefined), []);
    assert.deepEqual(stored, [...new Set(stored)].sort((a, b) => a - b), 'stored once and in order');
    const kept = all.flatMap(({ kept: n }) => n ?? []);
    assert.deepEqual(kept.filter((n) => !stored.includes(n)), [], 'what was kept is stored');
    await until('the witness has seen all', () => seen.length >= seqs.length);
    assert.deepEqual(seen, seqs, 'the witness was called once for each, in order');
    assert.deepEqual(wrong, []);
    checkLives(all);
    t.diagnostic(`${stored.length} messages stored, ${kept.length} kept, ${all.filter(({ life }) => life).length} lives, 3 nodes killed`);
});

/** Each life sees what it was given back and then each message once and in order, and begins where the one before had got. */
function checkLives(all: readonly Entry[]): void {
    let before: number | undefined;
    let view: number[] = [];
    for (const entry of [...all, { life: 0 }]) {
        if (entry.life !== undefined) before = view.at(-1) ?? before;
        if (entry.life !== undefined) view = [];
        assert.equal(entry.gap ?? entry.reset, undefined, JSON.stringify(entry));
        for (const seq of entry.restored ?? (entry.seq === undefined ? [] : [entry.seq])) {
            const last = view.at(-1);
            if (last !== undefined) assert.equal(seq, last + 1, 'no hole and no repeat within a life');
            else if (before !== undefined) assert.ok(seq <= before + 1, `no hole between lives: ${before} and ${seq}`);
            view.push(seq);
        }
    }
}

async function cluster(programs: Programs) {
    const redis = await programs.redis();
    const ports = await Promise.all([1, 2, 3].map(async () => ({ port: await freePort(), ops: await freePort() })));
    const nodes = await Promise.all(
        ports.map(async ({ port, ops }, i) => {
            const start = () =>
                programs.node('--port', String(port), '--ops-port', String(ops), '--redis', redis, '--set', `node-id=node${i + 1}`);
            let node = await start();
            return {
                /** Killed, and started again meanwhile. */
                async killed(): Promise<void> {
                    const gone = new Promise((exited) => node.process.once('exit', exited));
                    node.process.kill('SIGKILL');
                    await gone;
                    void start().then(
                        (again) => (node = again),
                        () => {}, // the test has ended first
                    );
                },
            };
        }),
    );
    const front = await freePort();
    const servers = ports.map(({ port, ops }, i) => `    server n${i} 127.0.0.1:${port} check port ${ops} inter 200ms fall 1 rise 1`);
    writeFileSync(
        `${programs.folder}/haproxy.cfg`,
        `defaults
    mode tcp
    timeout connect 1s
    timeout client 1h
    timeout server 1h
    retries 3
    option redispatch 1
frontend clients
    bind 127.0.0.1:${front}
    default_backend nodes
backend nodes
    balance roundrobin
    option httpchk GET /ready
${servers.join('\n')}
`,
    );
    await programs.start(find('haproxy')!, ['-f', `${programs.folder}/haproxy.cfg`, '-db']);
    return { nodes, url: `ws://127.0.0.1:${front}/ws` };
}
