import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { find, noNodes, Programs } from '../support/programs.js';

/** Runtimes with a WebSocket of their own, and how each runs a file. */
const RUNTIMES = { bun: ['run'], deno: ['run', '--allow-net', '--allow-read'] };

for (const [name, args] of Object.entries(RUNTIMES)) {
    const program = find(name);
    const missing = noNodes() ?? (program ? undefined : `no ${name}`);
    test(`the package works in ${name}, with its own WebSocket`, { skip: missing ?? false, timeout: 60_000 }, async (t) => {
        const programs = new Programs();
        t.after(() => programs.end());
        const { url } = await programs.node('--port', '0', '--ops-port', '0');
        mkdirSync('.test', { recursive: true });
        writeFileSync(
            `.test/${name}.mjs`,
            `import { Roomwire } from '../dist/index.js';
const client = new Roomwire('${url}', { user: 'ada' });
const room = client.room('lobby');
const sending = [room.send('a'), room.send('b')];
for await (const { sender, content } of room) {
    console.log(sender + ': ' + content);
    if (content === 'b') break;
}
const [, { seq }] = await Promise.all(sending);
console.log(seq);
client.close();
`,
        );
        const { stdout, stderr } = spawnSync(program!, [...args, `.test/${name}.mjs`], { encoding: 'utf8', timeout: 30_000 });
        assert.equal(stdout, 'ada: a\nada: b\n2\n', stderr);
    });
}
