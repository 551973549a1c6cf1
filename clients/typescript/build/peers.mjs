// `npm run peers`: what an application loads for this client and for its peers, each bundled, minified and compressed by the same
// tools. Peers are installed into a folder that is thrown away.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildAll, small } from './build.mjs';
import { sizeOf } from './sizes.mjs';

const PEERS = {
    centrifuge: "export { Centrifuge } from 'centrifuge';",
    'socket.io-client': "export { io } from 'socket.io-client';",
    ably: "export { Realtime } from 'ably';",
    'pusher-js': "export { default } from 'pusher-js';",
};

const folder = mkdtempSync(join(tmpdir(), 'peers-'));
try {
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    const { status } = spawnSync('npm', ['install', '--silent', ...Object.keys(PEERS)], { cwd: folder, stdio: 'inherit' });
    if (status !== 0) throw new Error('the peers could not be installed');
    await buildAll();
    for (const name of ['index', 'storage', 'react']) console.log(`roomwire ${name}: ${sizeOf(`dist/${name}.js`)}`);
    for (const [name, contents] of Object.entries(PEERS)) {
        const code = await small({ stdin: { contents, resolveDir: folder }, platform: 'browser', entryPoints: undefined });
        const { version } = JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8'));
        console.log(`${name} ${version}: ${gzipSync(code, { level: 9 }).length}`);
    }
} finally {
    rmSync(folder, { recursive: true, force: true });
}
