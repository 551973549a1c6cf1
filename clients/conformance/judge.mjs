#!/usr/bin/env node
// Plays the scenarios with a client under test, and judges. Speaks in lines of JSON with the client's driver, see README.md.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { Run } from './lib/run.mjs';
import { readScenarios } from './lib/scenarios.mjs';

const scenarios = readScenarios();
const runs = new Map();

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const server = createServer((request, response) => {
    response.writeHead(426, { 'Content-Type': 'application/json', Upgrade: 'websocket' });
    response.end(JSON.stringify({ type: 'error', code: 'bad_request', message: 'a WebSocket is at /RUN/ws' }));
});
server.on('upgrade', (request, socket, head) => {
    const run = runs.get(decodeURIComponent(request.url.split('/')[1]));
    if (run) run.upgrade(request, socket, head);
    else socket.destroy(); // of a run that is over
});

async function play(name, id) {
    const scenario = scenarios.get(name);
    if (!scenario) return say({ run: id, verdict: 'failed', why: `no scenario ${name}` });
    const url = `ws://127.0.0.1:${server.address().port}/${encodeURIComponent(id)}/ws`;
    const run = new Run(scenario, url, (command) => say({ run: id, ...command }));
    runs.set(id, run);
    const verdict = await run.play();
    runs.delete(id);
    return say({ run: id, name, ...verdict });
}

function heard(text) {
    const line = JSON.parse(text);
    if (line.list) say({ scenarios: [...scenarios.values()].map(({ name, group, about, alone }) => ({ name, group, about, alone })) });
    else if (line.play) void play(line.play, String(line.run ?? line.play));
    else runs.get(String(line.run))?.said(line); // else the run is over
}

server.listen(0, '127.0.0.1', () => {
    say({ ready: `ws://127.0.0.1:${server.address().port}` });
    createInterface({ input: process.stdin })
        .on('line', heard)
        .on('close', () => process.exit(0));
});
