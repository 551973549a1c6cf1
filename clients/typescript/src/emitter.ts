import type { Off, Waiting } from './types.js';

export interface Emitter<E extends object> {
    on<K extends keyof E>(type: K, listener: (value: E[K]) => unknown, waiting?: Waiting): Off;
    emit<K extends keyof E>(type: K, value: E[K]): void;
    /** Whether anybody listens. */
    heard(type: keyof E): boolean;
}

/** Listeners by event. One that throws, now or in a promise, is reported and takes nobody else down. */
export function createEmitter<E extends object>(report: (thrown: unknown) => void): Emitter<E> {
    const all = new Map<keyof E, Set<(value: never) => unknown>>();
    return {
        on(type, listener, { signal } = {}) {
            if (!all.has(type)) all.set(type, new Set());
            const off = () => void all.get(type)!.delete(listener);
            if (!signal?.aborted) all.get(type)!.add(listener);
            signal?.addEventListener('abort', off);
            return off;
        },
        heard: (type) => !!all.get(type)?.size,
        emit(type, value) {
            for (const listener of [...(all.get(type) ?? [])]) {
                try {
                    (listener(value as never) as Partial<Promise<unknown>> | undefined)?.catch?.(report);
                } catch (thrown) {
                    report(thrown);
                }
            }
        },
    };
}
