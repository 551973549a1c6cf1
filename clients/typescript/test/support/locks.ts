type Held = (lock: object | null) => unknown;

/** Web Locks as far as the client uses them, for Node. */
export function fakeLocks() {
    const held = new Set<string>();
    const queues = new Map<string, (() => void)[]>();
    const release = (name: string) => {
        held.delete(name);
        queues.get(name)?.shift()?.();
    };
    return {
        async request(name: string, options: { ifAvailable?: boolean; signal?: AbortSignal }, callback: Held): Promise<unknown> {
            if (held.has(name)) {
                if (options.ifAvailable) return callback(null);
                await new Promise<void>((granted, refused) => {
                    queues.set(name, [...(queues.get(name) ?? []), granted]);
                    options.signal?.addEventListener('abort', () => {
                        queues.set(name, queues.get(name)!.filter((each) => each !== granted));
                        refused(options.signal!.reason);
                    });
                });
            }
            held.add(name);
            try {
                return await callback({ name });
            } finally {
                release(name);
            }
        },
    };
}
