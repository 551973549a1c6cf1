// Socket.IO as a peer of `roomwire bench peers`: clients join a room by `join`, and `say` goes to it.
// With a Redis at REDIS_URI several of these are one, by Socket.IO's adapter.
'use strict';

const { createServer } = require('http');
const { Server } = require('socket.io');

const port = Number(process.argv[2]);
const uri = process.env.REDIS_URI;

async function main() {
    const options = { transports: ['websocket'] };
    if (uri) {
        const { createClient } = require('redis');
        const { createAdapter } = require('@socket.io/redis-adapter');
        const publisher = createClient({ url: uri });
        const subscriber = publisher.duplicate();
        await Promise.all([publisher.connect(), subscriber.connect()]);
        options.adapter = createAdapter(publisher, subscriber);
    }
    const http = createServer();
    const io = new Server(http, options);
    io.on('connection', (socket) => {
        socket.on('join', (room) => {
            socket.join(room);
            socket.emit('joined');
        });
        socket.on('say', (room, content) => io.to(room).emit('said', content));
    });
    http.listen({ port, host: '127.0.0.1', backlog: 1000 });
}

main();
