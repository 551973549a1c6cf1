// A queue that somebody can wait at, for a time. Whoever fills it never waits.

export class Inbox {
    #items = [];
    #wakers = new Set();

    get items() {
        return this.#items;
    }

    clear() {
        this.#items = [];
    }

    add(item) {
        this.#items.push(item);
        this.poke();
    }

    /** Lets those who wait look again, as something else than the queue has changed. */
    poke() {
        for (const wake of [...this.#wakers]) wake();
    }

    /** The first item for which `wanted` gives true is taken out. Undefined when the time is over. */
    async take(wanted, timeoutMs) {
        const until = performance.now() + timeoutMs;
        for (;;) {
            const at = this.#items.findIndex(wanted);
            if (at >= 0) return this.#items.splice(at, 1)[0];
            const leftMs = until - performance.now();
            if (leftMs <= 0) return undefined;
            await this.#change(leftMs);
        }
    }

    #change(timeoutMs) {
        return new Promise((resolve) => {
            const wake = () => {
                clearTimeout(timer);
                this.#wakers.delete(wake);
                resolve();
            };
            const timer = setTimeout(wake, timeoutMs);
            this.#wakers.add(wake);
        });
    }
}
