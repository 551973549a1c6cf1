import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const JAR = resolve('../../node/target/roomwire.jar');

/** The path of a program, if it is on this machine. */
export function find(name: string): string | undefined {
    const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin'];
    return folders.map((folder) => join(folder, name)).find(existsSync);
}

/** Why nodes cannot be started here, if they cannot. */
export function noNodes(): string | undefined {
    if (!existsSync(JAR)) return 'no node: mvn -pl node package -DskipTests builds it';
    return java() ? undefined : 'no java';
}

function java(): string | undefined {
    const home = process.env.JAVA_HOME && join(process.env.JAVA_HOME, 'bin', 'java');
    return home && existsSync(home) ? home : find('java');
}

export async function freePort(): Promise<number> {
    return new Promise((done) => {
        const server = createServer().listen(0, '127.0.0.1', () => {
            const { port } = server.address() as { port: number };
            server.close(() => done(port));
        });
    });
}

/** Processes and folders of one test, all gone behind it. */
export class Programs {
    readonly folder = mkdtempSync(join(tmpdir(), 'roomwire-'));
    readonly #running = new Set<ChildProcess>();

    constructor() {
        process.once('exit', () => this.#kill()); // also when a test is broken off
    }

    /** Starts a program; settles with the first line of its output that fits, or fails with what it said. */
    start(program: string, args: readonly string[], ready?: RegExp): Promise<{ process: ChildProcess; line: string }> {
        // In a group of its own, so that a browser's helpers end with it.
        const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: this.folder, detached: true });
        this.#running.add(child);
        const said: string[] = [];
        return new Promise((started, failed) => {
            if (!ready) child.once('spawn', () => started({ process: child, line: '' }));
            for (const stream of [child.stdout, child.stderr])
                createInterface({ input: stream }).on('line', (line) => {
                    said.push(line);
                    if (ready?.test(line)) started({ process: child, line });
                });
            child.once('error', failed);
            child.once('exit', (code) => {
                this.#running.delete(child);
                failed(new Error(`${program} ended with ${code}: ${said.slice(-10).join('\n')}`));
            });
        });
    }

    /** A node; with the same ports and options it is the same node again. */
    async node(...options: string[]): Promise<{ process: ChildProcess; url: string }> {
        const { process: child, line } = await this.start(
            java()!,
            ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-jar', JAR, ...options],
            /roomwire .* ready:/,
        );
        return { process: child, url: /clients=(\S+)/.exec(line)![1]! };
    }

    async redis(): Promise<string> {
        const port = await freePort();
        const options = ['--port', String(port), '--save', '', '--appendonly', 'no', '--dir', this.folder];
        await this.start(find('redis-server')!, options, /Ready to accept connections/);
        return `redis://127.0.0.1:${port}`;
    }

    #kill(): void {
        for (const { pid } of this.#running) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    }

    async end(): Promise<void> {
        const gone = [...this.#running].map((child) => new Promise((exited) => child.once('exit', exited)));
        this.#kill();
        await Promise.all(gone);
        rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    }
}
