// Bundles tests, each into a file of its own. By `roomwire` they get the package as it is in dist, which is what users get.
import { readdirSync, rmSync } from 'node:fs';
import { build } from 'esbuild';
import { ROOT } from './build.mjs';

/** Gives the paths of the built tests in a folder of `test`. */
export async function buildTests(folder) {
    const names = readdirSync(`${ROOT}test/${folder}`).filter((name) => /\.tsx?$/.test(name));
    const outdir = `.test/${folder}`;
    rmSync(`${ROOT}${outdir}`, { recursive: true, force: true });
    await build({
        absWorkingDir: ROOT,
        entryPoints: names.map((name) => `test/${folder}/${name}`),
        outdir,
        outExtension: { '.js': '.mjs' },
        bundle: true,
        format: 'esm',
        platform: 'node',
        target: 'node20',
        jsx: 'automatic',
        sourcemap: 'inline',
        packages: 'external',
        ignoreAnnotations: true, // the package has no side effects; its tests have
        logLevel: 'warning',
    });
    // The others are programs that a test starts, or parts that are bundled into it.
    const tests = names.filter((name) => /\.test\./.test(name));
    return tests.map((name) => `${ROOT}${outdir}/${name.replace(/\.tsx?$/, '.mjs')}`);
}

if (process.argv[2]) for (const path of await buildTests(process.argv[2])) console.log(path);
