// `ws` as a peer of `roomwire bench peers`: whatever anybody says goes to everybody, itself too.
// With a Redis at REDIS_URI it goes by way of a channel, as to several nodes.
'use strict';

const { WebSocketServer } = require('ws');

const port = Number(process.argv[2]);
const uri = process.env.REDIS_URI;

async function main() {
    const server = new WebSocketServer({ host: '127.0.0.1', port, perMessageDeflate: false, backlog: 1000 });
    const toAll = (message) => {
        for (const client of server.clients) {
            client.send(message, { binary: false });
        }
    };
    let say = toAll;
    if (uri) {
        const { createClient } = require('redis');
        const publisher = createClient({ url: uri });
        const subscriber = publisher.duplicate();
        await Promise.all([publisher.connect(), subscriber.connect()]);
        await subscriber.subscribe('room', toAll);
        say = (message) => publisher.publish('room', message.toString());
    }
    server.on('connection', (client) => client.on('message', say));
}

main();
