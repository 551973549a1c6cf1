import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { indexedDb, memoryStore } from 'roomwire/storage';
import type { Store } from 'roomwire/storage';

const kinds: Record<string, () => Store> = { memory: memoryStore, IndexedDB: () => indexedDb(`db-${Math.random()}`) };

for (const [kind, make] of Object.entries(kinds)) {
    test(`a store in ${kind} gives back what was set, as it was then`, async () => {
        const store = make();
        const value = { list: [1, { deep: 'x' }] };
        await store.set('a', value);
        value.list = [];
        assert.deepEqual(await store.get('a'), { list: [1, { deep: 'x' }] });
        await store.set('a', 2);
        assert.equal(await store.get('a'), 2);
    });

    test(`a store in ${kind} knows nothing of what was never set, or was deleted`, async () => {
        const store = make();
        assert.equal(await store.get('a'), undefined);
        await store.set('a', 1);
        await store.delete('a');
        await store.delete('never');
        assert.equal(await store.get('a'), undefined);
        assert.deepEqual(await store.keys(''), []);
    });

    test(`a store in ${kind} lists keys by their beginning, in order`, async () => {
        const store = make();
        for (const key of ['b/2', 'a/1', 'b/10', 'b/1', 'c']) await store.set(key, 1);
        assert.deepEqual(await store.keys('b/'), ['b/1', 'b/10', 'b/2']);
    });
}
