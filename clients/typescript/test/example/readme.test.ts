import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { noNodes, Programs } from '../support/programs.js';

const readme = readFileSync('README.md', 'utf8');
const blocks = (language: string) => [...readme.matchAll(new RegExp('^```' + language + '\\n([^]*?)^```', 'gm'))].map(([, code]) => code!);
const missing = noNodes();

test('the ten lines at the beginning work when they are pasted', { skip: missing ?? false, timeout: 60_000 }, async (t) => {
    const [lines] = blocks('js');
    assert.ok(lines!.trim().split('\n').length <= 10);
    const programs = new Programs();
    t.after(() => programs.end());
    const { url } = await programs.node('--port', '0', '--ops-port', '0');
    mkdirSync('.test', { recursive: true });
    writeFileSync('.test/pasted.mjs', lines!.replace('ws://127.0.0.1:8080/ws', url));
    const { stdout, stderr, status } = spawnSync(process.execPath, ['.test/pasted.mjs'], { encoding: 'utf8', timeout: 20_000 });
    // An ack may come before or after one's own copy.
    const said = stdout.trim().split('\n').sort();
    assert.deepEqual([said, stderr, status], [['ada: Hello', 'stored as message 1'], '', 0]);
});

test('each block of the README is right by its types', () => {
    const all = ['ts', 'tsx'].flatMap((language) => blocks(language).map((code) => [language, code] as const));
    assert.ok(all.length >= 4);
    mkdirSync('.test/readme', { recursive: true });
    all.forEach(([language, code], i) => writeFileSync(`.test/readme/block${i}.${language}`, code));
    const settings = { extends: '../../tsconfig.test.json', compilerOptions: { rootDir: '../..', paths: {}, noUnusedLocals: false }, include: ['*'] };
    writeFileSync('.test/readme/tsconfig.json', JSON.stringify(settings));
    const { stdout, status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.test/readme'], { encoding: 'utf8' });
    assert.deepEqual([stdout, status], ['', 0]);
});
