import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';

export interface Command {
    readonly do: string;
    readonly [field: string]: unknown;
}

export interface Verdict {
    readonly verdict: 'passed' | 'failed' | 'skipped';
    readonly why?: string;
    readonly step?: unknown;
    readonly log?: string[];
}

export interface Scenario {
    readonly name: string;
    readonly group: string;
    /** Keeps the machine busy, so nothing that looks at times may run beside it. */
    readonly alone?: boolean;
}

type Line = Partial<Command & Verdict> & { ready?: string; scenarios?: Scenario[]; run?: string };

/** The program of clients/conformance, as a process that is spoken with in lines. */
export class Judge {
    readonly #process;
    readonly #runs = new Map<string, { command: (command: Command) => void; verdict: (verdict: Verdict) => void }>();
    readonly #ready: Promise<void>;
    #listed: (scenarios: Scenario[]) => void = () => {};

    constructor(program: string) {
        this.#process = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
        this.#ready = new Promise((ready) => {
            createInterface({ input: this.#process.stdout }).on('line', (text) => {
                const line = JSON.parse(text) as Line;
                if (line.ready) ready();
                else if (line.scenarios) this.#listed(line.scenarios);
                else if (line.verdict) this.#runs.get(line.run!)?.verdict(line as Verdict);
                else this.#runs.get(line.run!)?.command(line as Command);
            });
        });
    }

    async scenarios(): Promise<Scenario[]> {
        await this.#ready;
        return new Promise((listed) => {
            this.#listed = listed;
            this.#say({ list: true });
        });
    }

    async play(name: string, run: string, command: (command: Command) => void): Promise<Verdict> {
        await this.#ready;
        return new Promise((done) => {
            const verdict = (value: Verdict) => {
                this.#runs.delete(run);
                done(value);
            };
            this.#runs.set(run, { command, verdict });
            this.#say({ play: name, run });
        });
    }

    tell(run: string, event: object): void {
        this.#say({ run, ...event });
    }

    end(): void {
        this.#process.stdin.end();
    }

    #say(line: object): void {
        this.#process.stdin.write(`${JSON.stringify(line)}\n`);
    }
}

/** Tests run in the package's folder. */
export const PROGRAM = resolve('../conformance/judge.mjs');
