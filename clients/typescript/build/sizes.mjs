// How much an application loads for each entry: minified by the build, compressed by gzip.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { ROOT } from './build.mjs';

/** The most that an entry may have, in bytes. */
const LIMITS = { index: 6 * 1024, react: 1.5 * 1024, storage: 3 * 1024 };

export function sizeOf(path) {
    return gzipSync(readFileSync(path), { level: 9 }).length;
}

/** Throws if an entry is over its limit. */
export function checkSizes() {
    for (const [name, limit] of Object.entries(LIMITS)) {
        const bytes = sizeOf(`${ROOT}dist/${name}.js`);
        console.log(`size of ${name}: ${bytes} of ${limit} bytes`);
        if (bytes > limit) throw new Error(`${name} is ${bytes - limit} bytes over its limit`);
    }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) checkSizes();
