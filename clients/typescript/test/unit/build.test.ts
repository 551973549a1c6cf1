import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

/** An event, and a type of frames: texts in the code, which the build leaves alone. */
const TEXTS = ['sent', 'leave'];

test('no name that the build shortens is one of the public types, or of a frame', () => {
    const list = /INTERNAL = \[([^]*?)\n\];/.exec(readFileSync('build/build.mjs', 'utf8'))![1]!;
    const internal = new Set([...list.matchAll(/'(\w+)'/g)].map(([, name]) => name!));
    assert.ok(internal.size > 40);
    const types = ['types', 'client', 'room', 'error', 'storage/store'].map((name) => readFileSync(`dist/${name}.d.ts`, 'utf8')).join('\n');
    const members = [...types.matchAll(/^\s+(?:readonly |get )?(\w+)[?<(:]/gm)].map(([, name]) => name!);
    const frames = [...readFileSync('../../docs/protocol.md', 'utf8').matchAll(/`(\w+)`/g)].map(([, name]) => name!);
    assert.ok(members.length > 80 && frames.length > 80);
    assert.deepEqual([...members, ...frames].filter((name) => internal.has(name) && !TEXTS.includes(name)), []);
});
