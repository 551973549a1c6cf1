// `npm test`: types, sizes, and all tests, each kind with its time. What needs a program that is not here is skipped, and says so.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { buildAll, ROOT, tool } from './build.mjs';
import { checkSizes } from './sizes.mjs';
import { buildTests } from './tests.mjs';

/** Kinds of tests, in order, with what Node is told for them. */
const PAGE = ['--import', './test/support/dom.mjs'];
const KINDS = { unit: [], conformance: [], react: PAGE, example: PAGE, ledger: [], browser: [] };

const only = process.argv.slice(2);
const startedAt = performance.now();
await buildAll();
tool('typescript/bin/tsc', '-p', 'tsconfig.test.json');
checkSizes();
said('types and sizes');

let failed = 0;
for (const [kind, flags] of Object.entries(KINDS)) {
    if ((only.length > 0 && !only.includes(kind)) || !existsSync(`${ROOT}test/${kind}`)) continue;
    const files = await buildTests(kind);
    const args = [...flags, '--test', '--test-reporter=spec', ...files];
    const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
    if (status !== 0) failed++;
    said(kind);
}
process.exit(failed > 0 ? 1 : 0);

function said(what) {
    console.log(`${what}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s since the start`);
}
