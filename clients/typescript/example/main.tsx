import { createRoot } from 'react-dom/client';
import { StrictMode } from 'react';
import { Roomwire } from 'roomwire';
import { RoomwireProvider } from 'roomwire/react';
import { storage } from 'roomwire/storage';
import { Chat } from './chat.js';

const query = new URLSearchParams(location.search);
const client = new Roomwire(query.get('url') ?? 'ws://127.0.0.1:8080/ws', {
    user: query.get('user') ?? 'guest',
    storage: storage(),
});

createRoot(document.getElementById('chat')!).render(
    <StrictMode>
        <RoomwireProvider client={client}>
            <Chat />
        </RoomwireProvider>
    </StrictMode>,
);
