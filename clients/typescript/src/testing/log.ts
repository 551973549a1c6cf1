/** A message as it stands in a room's log. */
export interface Logged {
    readonly content: unknown;
    readonly sender: string;
    readonly ts: number;
    readonly id?: string;
    readonly seq?: number;
}

/** One room: its log, its members and what is done to those who ask for it. */
export class FakeRoom {
    readonly id: string;
    readonly durable: boolean;
    messages: Logged[] = [];
    epoch = 'epoch-1';
    #lives = 1;
    /** Of the present life, by sender and id. */
    readonly #byId = new Map<string, Logged>();

    constructor(id: string) {
        this.id = id;
        this.durable = !/^(cursors|typing):/.test(id);
    }

    get seq(): number {
        return this.messages.at(-1)?.seq ?? 0;
    }

    /** Gives the message, and whether it is a new one: the same sender and id is stored once. */
    store(sender: string, content: unknown, id?: string): { message: Logged; fresh: boolean } {
        const key = JSON.stringify([sender, id]);
        const known = id === undefined ? undefined : this.#byId.get(key);
        if (known) return { message: known, fresh: false };
        const message = this.append(sender, content, id);
        if (this.durable && id !== undefined) this.#byId.set(key, message);
        return { message, fresh: true };
    }

    append(sender: string, content: unknown, id?: string): Logged {
        const message: Logged = {
            content,
            sender,
            ts: Date.now(),
            ...(id !== undefined && { id }),
            ...(this.durable && { seq: this.seq + 1 }),
        };
        if (this.durable) this.messages.push(message);
        return message;
    }

    /** The log begins a new life, and what was behind `keep` is lost. */
    beginAnew(keep: number): void {
        this.epoch = `epoch-${++this.#lives}`;
        for (const lost of this.messages.filter(({ seq }) => seq! > keep)) this.#byId.delete(JSON.stringify([lost.sender, lost.id]));
        this.messages = this.messages.filter(({ seq }) => seq! <= keep);
    }

    history({ before, after, limit = 50 }: { before?: number; after?: number; limit?: number }): object {
        const all = this.messages.filter(({ seq }) => seq! < (before ?? Infinity) && seq! > (after ?? 0));
        const messages = after === undefined ? all.slice(-limit) : all.slice(0, limit);
        return { messages, has_more: messages.length < all.length, oldest: this.messages[0]?.seq ?? this.seq + 1 };
    }
}
