import { WebSocket } from 'ws';
import type { Programs } from './programs.js';

interface Answer {
    readonly id?: number;
    readonly result?: unknown;
    readonly error?: { readonly message: string };
}

/** A Chromium, driven by its DevTools protocol. */
export class Chromium {
    readonly #socket: WebSocket;
    readonly #waiting = new Map<number, (answer: Answer) => void>();
    #count = 0;

    private constructor(socket: WebSocket) {
        this.#socket = socket;
        socket.on('message', (data) => {
            const answer = JSON.parse(String(data)) as Answer;
            this.#waiting.get(answer.id ?? -1)?.(answer);
        });
    }

    static async start(program: string, programs: Programs): Promise<Chromium> {
        // Without these it asks hosts of its maker for this and that.
        const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic', '--no-first-run'];
        const options = ['--headless=new', '--no-sandbox', '--disable-gpu', `--user-data-dir=${programs.folder}/chromium`, '--remote-debugging-port=0'];
        const { line } = await programs.start(program, [...options, ...quiet, 'about:blank'], /DevTools listening on /);
        const socket = new WebSocket(line.split(' ').at(-1)!);
        await new Promise((opened, failed) => socket.once('open', opened).once('error', failed));
        return new Chromium(socket);
    }

    async tab(url: string): Promise<Tab> {
        const { targetId } = (await this.call('Target.createTarget', { url })) as { targetId: string };
        const { sessionId } = (await this.call('Target.attachToTarget', { targetId, flatten: true })) as { sessionId: string };
        return new Tab(this, sessionId);
    }

    call(method: string, params: object = {}, sessionId?: string): Promise<unknown> {
        const id = ++this.#count;
        return new Promise((done, failed) => {
            this.#waiting.set(id, ({ result, error }) => {
                this.#waiting.delete(id);
                if (error) failed(new Error(`${method}: ${error.message}`));
                else done(result);
            });
            this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
        });
    }

    close(): void {
        this.#socket.terminate();
    }
}

export class Tab {
    readonly #chromium: Chromium;
    readonly #session: string;

    constructor(chromium: Chromium, session: string) {
        this.#chromium = chromium;
        this.#session = session;
    }

    call(method: string, params: object = {}): Promise<unknown> {
        return this.#chromium.call(method, params, this.#session);
    }

    /** What an expression gives in the page, once its promise has settled. */
    async evaluate<T>(expression: string): Promise<T> {
        const { result, exceptionDetails: thrown } = (await this.call('Runtime.evaluate', {
            expression,
            awaitPromise: true,
            returnByValue: true,
        })) as { result: { value: T }; exceptionDetails?: { text: string; exception?: { description?: string } } };
        if (thrown) throw new Error(thrown.exception?.description ?? thrown.text);
        return result.value;
    }

    /** Ends the process of the tab, as a crash or the system does when memory is short. Nothing of the page runs any more. */
    kill(): void {
        this.call('Page.crash').catch(() => {}); // nobody is left to answer
    }

    async freeze(): Promise<void> {
        await this.call('Page.setWebLifecycleState', { state: 'frozen' });
    }

    async wake(): Promise<void> {
        await this.call('Page.setWebLifecycleState', { state: 'active' });
    }
}
