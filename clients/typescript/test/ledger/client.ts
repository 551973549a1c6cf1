// A client in a process of its own, which the test kills. It writes into a ledger what it does and sees.
import { appendFileSync, readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import { Roomwire } from 'roomwire';
import { storage } from 'roomwire/storage';
import { fileStore } from '../support/file-store.js';

const [url, folder, first, last] = process.argv.slice(2) as [string, string, string, string];
const PAUSE_MS = 15;

const ledger = (entry: object) => appendFileSync(`${folder}/ledger`, `${JSON.stringify(entry)}\n`);
ledger({ life: process.pid });

const client = new Roomwire(url, { user: 'ada', WebSocket, storage: storage({ store: fileStore(`${folder}/store`) }) });
const room = client.room('ledger');
room.on('restored', (messages) => ledger({ restored: messages.map(({ seq }) => seq) }));
room.on('message', ({ seq }) => ledger({ seq }));
room.on('gap', ({ from, to }) => ledger({ gap: [from, to] }));
room.on('reset', ({ resumedAfter }) => ledger({ reset: resumedAfter }));
client.on('failed', ({ content, error }) => ledger({ failed: content, code: error.code }));

for (let n = Number(first); n <= Number(last); n++) {
    ledger({ tried: n });
    void room.send({ n }).kept.then(() => ledger({ kept: n }));
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
while (room.pending.length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
await new Promise((resolve) => setTimeout(resolve, 300)); // the last ones come back from the room as well
ledger({ done: readFileSync(`${folder}/ledger`, 'utf8').length });
client.close();
