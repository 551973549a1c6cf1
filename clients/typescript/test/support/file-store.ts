import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Store } from 'roomwire/storage';

/** A store of files: what an application would write for a runtime that has no IndexedDB. */
export function fileStore(folder: string): Store {
    mkdirSync(folder, { recursive: true });
    const path = (key: string) => `${folder}/${encodeURIComponent(key)}`;
    return {
        async get(key) {
            try {
                return JSON.parse(readFileSync(path(key), 'utf8'));
            } catch {
                return undefined;
            }
        },
        async set(key, value) {
            // By another name first: a file that is killed half written would be nonsense.
            writeFileSync(`${path(key)}.new`, JSON.stringify(value));
            renameSync(`${path(key)}.new`, path(key));
        },
        delete: async (key) => rmSync(path(key), { force: true }),
        keys: async (prefix) =>
            readdirSync(folder)
                .filter((name) => !name.endsWith('.new'))
                .map(decodeURIComponent)
                .filter((key) => key.startsWith(prefix))
                .sort(),
    };
}
