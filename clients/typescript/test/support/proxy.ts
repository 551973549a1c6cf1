import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A line to a server that the test can cut, and let fall silent. */
export class Proxy {
    readonly #target: URL;
    readonly #pairs = new Set<Socket[]>();
    readonly #server;
    /** New connections are refused, and old ones cut. */
    #offline = false;

    private constructor(target: string) {
        this.#target = new URL(target);
        this.#server = createServer((client) => this.#accept(client));
    }

    static async before(target: string): Promise<Proxy> {
        const proxy = new Proxy(target);
        await new Promise<void>((listening) => proxy.#server.listen(0, '127.0.0.1', listening));
        return proxy;
    }

    get url(): string {
        return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.#target.pathname}`;
    }

    set offline(offline: boolean) {
        this.#offline = offline;
        if (offline) for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    }

    /** The lines that are open now stay open, and carry nothing any more, as when a network goes without a word. */
    silence(): void {
        for (const pair of this.#pairs) {
            for (const socket of pair) {
                socket.unpipe();
                socket.pause();
                socket.removeAllListeners('close');
            }
        }
    }

    close(): void {
        this.offline = true;
        this.#server.close();
    }

    #accept(client: Socket): void {
        if (this.#offline) return void client.destroy();
        const server = connect(Number(this.#target.port), this.#target.hostname);
        const pair = [client, server];
        this.#pairs.add(pair);
        for (const [from, to] of [[client, server], [server, client]] as const) {
            from.pipe(to);
            from.on('error', () => {});
            from.on('close', () => {
                to.destroy();
                this.#pairs.delete(pair);
            });
        }
    }
}
