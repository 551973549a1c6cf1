import { useConnection, useMessages, usePresence, useRoom } from 'roomwire/react';
import { useEffect, useState } from 'react';
import type { FormEvent } from 'react';

const ROOM = 'lobby';

/** A chat: who is here, what was said, and a line to write in. It works offline; what is not stored yet is shown as such. */
export function Chat() {
    const { messages, pending, hasOlder, loadOlder, error } = useMessages<string>(ROOM, { history: 20 });
    return (
        <main>
            <Connection />
            <Members />
            {error && <p role="alert">{error.message}</p>}
            {hasOlder && messages.length > 0 && <button onClick={loadOlder}>Older messages</button>}
            <ol aria-label="Messages">
                {messages.map(({ seq, sender, content }) => (
                    <li key={seq}>
                        <b>{sender}</b> {content}
                    </li>
                ))}
                {pending.map(({ id, content }) => (
                    <li key={id} aria-busy="true">
                        {content} …
                    </li>
                ))}
            </ol>
            <Write />
        </main>
    );
}

function Write() {
    const room = useRoom<string>(ROOM);
    const [text, setText] = useState('');
    const send = (event: FormEvent) => {
        event.preventDefault();
        if (text.trim()) void room.send(text);
        setText('');
    };
    return (
        <form onSubmit={send}>
            <input aria-label="Message" value={text} onChange={(event) => setText(event.target.value)} />
            <button>Send</button>
        </form>
    );
}

function Members() {
    const list = usePresence(ROOM);
    return <p aria-label="Members">{list ? list.members.map(({ user }) => user).join(', ') : '…'}</p>;
}

function Connection() {
    const { state, reason } = useConnection();
    useEffect(() => void (document.title = state === 'open' ? 'Chat' : `Chat (${state})`), [state]);
    return <p role="status">{state === 'open' ? 'connected' : `${state} ${reason ?? ''}`}</p>;
}
