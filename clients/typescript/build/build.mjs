// Builds dist: one file an entry, and the types beside it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { minify } from '@swc/core';
import { build } from 'esbuild';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

const ENTRIES = ['index', 'storage', 'react', 'testing'];

/**
 * Properties by which the core's own files speak with each other. They get short names, which is a part of what keeps the core
 * within its size; so none of them may be a name of the public types, the protocol or the platform that the core uses.
 */
export const INTERNAL = [
    ...['adopt', 'amount', 'ask', 'asked', 'backlog', 'barred', 'changed', 'emit', 'entered', 'entries', 'events', 'fail'],
    ...['flush', 'flushAll', 'head', 'heard', 'held', 'hold', 'holders', 'isIn', 'isOpen', 'keeper', 'later', 'leave'],
    ...['life', 'line', 'link', 'live', 'lost', 'mayGo', 'me', 'named', 'nextId', 'opened', 'outbox', 'received', 'refusals'],
    ...['refuse', 'refuseAll', 'refuseBiggest', 'release', 'report', 'request', 'retry', 'roster', 'sent', 'settle', 'stop'],
    ...['tell', 'wanted', 'watch'],
];

/** Runs a program of node_modules; throws if it finds anything wrong. */
export function tool(name, ...args) {
    const { status } = spawnSync(process.execPath, [`node_modules/${name}`, ...args], { cwd: ROOT, stdio: 'inherit' });
    if (status !== 0) throw new Error(`${name} ${args.join(' ')} found something wrong`);
}

/** Bundles one file, and makes it small. */
export async function small(options) {
    const { outputFiles } = await build({
        absWorkingDir: ROOT,
        bundle: true,
        format: 'esm',
        target: 'es2022',
        write: false,
        legalComments: 'none',
        logLevel: 'warning',
        ...options,
    });
    const compress = { ecma: 2022, passes: 4, toplevel: true, unsafe: true };
    const { code } = await minify(outputFiles[0].text, { module: true, ecma: 2022, compress, mangle: { toplevel: true } });
    return code;
}

export async function buildAll() {
    rmSync(`${ROOT}dist`, { recursive: true, force: true });
    mkdirSync(`${ROOT}dist`);
    for (const name of ENTRIES) {
        const code = await small({
            entryPoints: [name === 'index' ? 'src/index.ts' : `src/${name}/index.ts`],
            external: ['react', 'react/jsx-runtime', 'roomwire'],
            jsx: 'automatic',
            ...(name === 'index' && { mangleProps: new RegExp(`^(${INTERNAL.join('|')})$`) }),
        });
        writeFileSync(`${ROOT}dist/${name}.js`, code);
    }
    tool('typescript/bin/tsc', '-p', '.');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll();
