/** What is needed of a store. Values are such as `structuredClone` takes; keys are text. */
export interface Store {
    get(key: string): Promise<unknown>;
    set(key: string, value: unknown): Promise<void>;
    delete(key: string): Promise<void>;
    /** In ascending order of their UTF-16 units. */
    keys(prefix: string): Promise<readonly string[]>;
}

/** Outlives a client, and no process: for tests. */
export function memoryStore(): Store {
    const values = new Map<string, unknown>();
    return {
        get: async (key) => values.get(key),
        set: async (key, value) => void values.set(key, structuredClone(value)),
        delete: async (key) => void values.delete(key),
        keys: async (prefix) => [...values.keys()].filter((key) => key.startsWith(prefix)).sort(),
    };
}
