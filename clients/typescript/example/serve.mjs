// `npm run example`: builds the chat and serves it. The node has to know the page's origin:
//     deploy/roomwire --set origins.allowed=http://127.0.0.1:5173
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { buildAll, small } from '../build/build.mjs';

const here = (name) => readFileSync(new URL(name, import.meta.url));

/** The page's script, with React and the client in it. */
export async function buildExample() {
    return small({ entryPoints: ['example/main.tsx'], jsx: 'automatic', define: { 'process.env.NODE_ENV': '"production"' } });
}

if (process.argv[2] === 'serve') {
    await buildAll();
    const script = await buildExample();
    createServer((request, response) => {
        const isScript = request.url.startsWith('/chat.js');
        response.setHeader('Content-Type', isScript ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8');
        response.end(isScript ? script : here('index.html'));
    }).listen(5173, '127.0.0.1', () => console.log('http://127.0.0.1:5173/?user=ada'));
}
