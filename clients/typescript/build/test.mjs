// `npm test`: types, sizes, and all tests, each kind with its time. What needs a program that is not here is skipped, and says so.
import { spawn } from 'node:child_process';
import { buildAll, ROOT, tool } from './build.mjs';
import { checkSizes } from './sizes.mjs';
import { buildTests } from './tests.mjs';

const PAGE = ['--import', './test/support/dom.mjs'];
/** Kinds of tests, with what Node is told for them. */
const KINDS = { unit: [], conformance: [], react: PAGE, example: PAGE, ledger: [], browser: [] };
/** These wait most of the time, and for different things. */
const TOGETHER = ['ledger', 'browser'];

const only = process.argv.slice(2);
const startedAt = performance.now();
await buildAll();
tool('typescript/bin/tsc', '-p', 'tsconfig.test.json');
checkSizes();
said('types and sizes');

const chosen = Object.keys(KINDS).filter((kind) => only.length === 0 || only.includes(kind));
let failed = false;
for (const kind of chosen.filter((each) => !TOGETHER.includes(each))) await run(kind);
await Promise.all(chosen.filter((each) => TOGETHER.includes(each)).map(run));
process.exit(failed ? 1 : 0);

async function run(kind) {
    const files = await buildTests(kind);
    const args = [...KINDS[kind], '--test', '--test-reporter=spec', ...files];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => output.push(bytes));
    const code = await new Promise((exited) => child.once('close', exited));
    process.stdout.write(Buffer.concat(output));
    failed ||= code !== 0;
    said(kind);
}

function said(what) {
    console.log(`${what}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s since the start`);
}
