export { indexedDb } from './indexed-db.js';
export { memoryStore } from './store.js';
export type { Store } from './store.js';
export { storage } from './keeper.js';
export type { StorageOptions } from './keeper.js';
