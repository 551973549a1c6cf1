import { memoryStore } from './store.js';
import type { Store } from './store.js';

const TABLE = 'values';
/** Some browsers have at times never answered. Nobody waits for a store longer than for a server. */
const OPEN_MS = 3000;

/** A store in the browser's IndexedDB; where there is none, or it is not let in, one in memory. */
export function indexedDb(name = 'roomwire'): Store {
    if (typeof indexedDB === 'undefined') return memoryStore();
    let opening: Promise<IDBDatabase> | undefined;
    const open = () => (opening ??= opened(name, () => (opening = undefined)));
    const run = async <T>(mode: IDBTransactionMode, request: (table: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
        const transaction = (await open()).transaction(TABLE, mode);
        const asked = request(transaction.objectStore(TABLE));
        return new Promise((resolve, reject) => {
            transaction.oncomplete = () => resolve(asked.result);
            transaction.onerror = transaction.onabort = () => reject(transaction.error);
        });
    };
    return {
        get: (key) => run('readonly', (table) => table.get(key)),
        set: async (key, value) => void (await run('readwrite', (table) => table.put(value, key))),
        delete: (key) => run('readwrite', (table) => table.delete(key)),
        keys: (prefix) =>
            run('readonly', (table) => table.getAllKeys(IDBKeyRange.bound(prefix, `${prefix}\uffff`))) as Promise<string[]>,
    };
}

function opened(name: string, gone: () => void): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
        const request = indexedDB.open(name, 1);
        const fail = (error: unknown) => {
            gone();
            reject(error);
        };
        const timer = setTimeout(() => fail(new Error('the store does not open')), OPEN_MS);
        request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
        request.onerror = () => fail(request.error);
        request.onsuccess = () => {
            clearTimeout(timer);
            const database = request.result;
            // A page that holds an old version open would keep a newer one from opening; a browser may also close it by itself.
            database.onversionchange = () => database.close();
            database.onclose = gone;
            resolve(database);
        };
    });
}
