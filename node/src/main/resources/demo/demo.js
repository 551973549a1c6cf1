import { Roomwire } from './roomwire.js';
import { MessageLog } from './log.js';
import { Stage } from './stage.js';
import { Hues } from './hues.js';

const ROOMS = ['lobby', 'games', 'music'];
const SHOWN_MEMBERS = 60;
const CURSORS = 'cursors:'; // an ephemeral prefix: no log, no seq, at most once
const TAB = Math.random().toString(36).slice(2, 8); // tells two windows of one user apart

const byId = (id) => document.getElementById(id);
const body = document.body;
const scroll = byId('scroll');
const hues = new Hues();
const hueOf = (name) => hues.of(name);
const HINT = byId('hint').textContent;

// The address names room and person, so that a link joins at once and a reload changes nobody. A name that was chosen is
// remembered; a random one is not, so that a second window is a second person.
const address = readAddress();
let me = address.name ?? recall('name') ?? randomName();
let current; // the id of the room on the screen
const rooms = new Map(); // id -> {id, log, base (seq at the first join), loaded, members, count, unread}

const url = new URL('ws', document.baseURI);
url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
const client = new Roomwire(url.href, { user: me });
const stage = new Stage(byId('stage'), hueOf, ({ x, y }) => client.flash(CURSORS + current, { x, y, tab: TAB }));

// --- Rooms

function openRoom(id) {
    const known = rooms.get(id);
    if (known) return known;
    const room = { id, log: new MessageLog(id, hueOf), base: undefined, loaded: false, members: new Set(), count: undefined, unread: 0, refused: undefined };
    room.log.busy = true;
    rooms.set(id, room);
    listRoom(id);
    client.join(id, { presence: true });
    return room;
}

function showRoom(id) {
    if (id === current) return;
    if (current !== undefined) client.leave(CURSORS + current);
    const room = openRoom(id);
    current = id;
    room.unread = 0;
    stage.remove();
    byId('hint').textContent = HINT;
    stage.blocked = false;
    client.join(CURSORS + id);
    scroll.replaceChildren(room.log.element);
    byId('title').textContent = id;
    byId('stage').dataset.room = id;
    document.querySelectorAll('#rooms a').forEach((link) => link.removeAttribute('aria-current'));
    listRoom(id).setAttribute('aria-current', 'page');
    toEnd();
    showUnread(room);
    showMembers();
    showRefusal();
    toField();
    remember('room', id);
    writeAddress();
}

function listRoom(id) {
    let link = [...document.querySelectorAll('#rooms a')].find((a) => a.dataset.room === id);
    if (link) return link;
    link = document.createElement('a');
    link.dataset.room = id;
    link.href = `#${new URLSearchParams({ room: id })}`;
    const name = document.createElement('span');
    name.dir = 'auto';
    name.textContent = id;
    const unread = document.createElement('b');
    unread.className = 'unread';
    link.append(name, ' ', unread);
    const item = document.createElement('li');
    item.append(link);
    byId('rooms').append(item);
    return link;
}

function showUnread(room) {
    const badge = listRoom(room.id).querySelector('.unread');
    badge.textContent = room.unread || '';
    badge.title = room.unread ? `${room.unread} new` : '';
    const others = [...rooms.values()].reduce((sum, { unread }) => sum + unread, 0);
    document.title = `${others ? `(${others}) ` : ''}${current} · Roomwire`;
}

client.addEventListener('joined', ({ detail }) => {
    everJoined = true;
    byId('token').value = '';
    const room = rooms.get(detail.room_id);
    if (!room) return;
    room.refused = undefined;
    if (room.id === current) {
        body.dataset.joined = current;
        showRefusal();
    }
    if (detail.user_id !== me) setName(detail.user_id); // a token may name us otherwise
    if (detail.newLog) {
        room.log.newLog();
        room.loaded = false;
    } else if (detail.recovered === false) {
        room.log.doubt();
    }
    if (!detail.resumed || detail.newLog) room.base = detail.resumed_after ?? detail.seq;
    if (room.base === undefined) room.log.busy = false; // an ephemeral room has nothing to load
    else if (!room.loaded) loadHistory(room, room.base + 1);
    client.presence(room.id).then(
        ({ count, members }) => {
            room.members = new Set(members.map(({ user_id }) => user_id));
            room.count = count;
            showMembers();
        },
        ({ code }) => {
            if (code !== 'forbidden') return;
            room.members.add(me); // and who comes while we look on; how many there are is not ours to know
            room.count = undefined;
            showMembers();
        },
    );
});

client.addEventListener('refused', ({ detail: { room_id, code, message } }) => {
    if (code === 'unauthorized') showTrouble('This node asks who you are. Give it a token; `deploy/roomwire token` makes one for development.', true);
    else if (room_id === CURSORS + current) {
        byId('hint').textContent = `Pointers are not shared here: ${message}`;
        stage.blocked = true;
    } else if (rooms.has(room_id)) {
        const room = rooms.get(room_id);
        room.refused = message;
        room.members.clear();
        room.count = undefined;
        room.log.busy = false;
        if (room_id !== current) return;
        delete body.dataset.joined;
        showRefusal();
        showMembers();
    }
});

/** A connection that stands says nothing of a room that does not let us in. */
let refusalShown = false;
function showRefusal() {
    const { refused } = rooms.get(current);
    if (refused) showTrouble(`You are connected, but not in ${isolated(current)}: ${refused}. Choose another room, or give a token that allows it.`, true);
    else if (refusalShown) byId('trouble').hidden = true;
    refusalShown = Boolean(refused);
}

/** For a name within a sentence: U+2068 and U+2069 keep its direction to itself. */
const isolated = (name) => `\u2068${name}\u2069`;

async function loadHistory(room, before) {
    try {
        const { messages, has_more } = await client.history(room.id, { before, limit: 50 });
        room.loaded = true;
        const height = scroll.scrollHeight;
        for (const message of messages) room.log.message(message, message.sender === me);
        offerEarlier(room, has_more && messages.length > 0);
        if (room.id === current && !atEnd) scroll.scrollTop += scroll.scrollHeight - height;
    } catch (e) {
        if (e.code) room.log.note('error', `Earlier messages cannot be read: ${e.message}`); // without a code the line broke: next `joined`
    }
    room.log.busy = false;
    if (room.id === current) keepEnd();
}

function offerEarlier(room, more) {
    room.log.offerEarlier(more && (() => loadHistory(room, room.log.oldest)));
}

// --- Messages

byId('composer').addEventListener('submit', (e) => {
    e.preventDefault();
    const input = byId('message');
    const text = input.value.trim();
    if (!text) return;
    input.value = '';
    const id = client.broadcast(current, text);
    rooms.get(current).log.pending(id, me, text);
    toEnd();
    input.focus(); // the button was pressed: the next word is written all the same
});

/** On a phone the keyboard would cover the room. */
function toField() {
    if (!matchMedia('(pointer: coarse)').matches) byId('message').focus();
}

client.addEventListener('message', ({ detail }) => {
    if (detail.room_id.startsWith(CURSORS)) return showCursor(detail);
    const room = rooms.get(detail.room_id);
    const own = detail.sender === me;
    if (!room?.log.message(detail, own)) return keepEnd();
    if ((room.id !== current || atEnd) && room.log.prune()) offerEarlier(room, true); // never under the reader's eyes
    if (room.id !== current || document.hidden) {
        if (!own) room.unread++;
        showUnread(room);
    }
    if (room.id !== current) return;
    if (atEnd) keepEnd();
    else byId('latest').hidden = false;
});

client.addEventListener('ack', ({ detail: { id, room_id, seq } }) => {
    rooms.get(room_id)?.log.acked(id, seq);
    keepEnd();
});
client.addEventListener('failed', ({ detail: { id, room_id, message } }) => rooms.get(room_id)?.log.failed(id, message));
client.addEventListener('gap', ({ detail: { room_id, from, to } }) => {
    rooms.get(room_id)?.log.gap(from, to);
    keepEnd();
});
client.addEventListener('notice', ({ detail: { message } }) => rooms.get(current).log.note('error', `The node says: ${message}`));

document.addEventListener('visibilitychange', () => {
    if (document.hidden) return;
    rooms.get(current).unread = 0;
    showUnread(rooms.get(current));
    client.nudge();
});

// The end of the log stays in view as long as the reader has not gone up, whatever grows or shrinks around it.
let atEnd = true;
function toEnd() {
    atEnd = true;
    keepEnd();
}
function keepEnd() {
    if (!atEnd) return;
    scroll.scrollTop = scroll.scrollHeight;
    byId('latest').hidden = true;
}
scroll.addEventListener('scroll', () => {
    atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 40;
    if (atEnd) byId('latest').hidden = true;
});
new ResizeObserver(keepEnd).observe(scroll);
byId('latest').addEventListener('click', toEnd);

// --- People and pointers

for (const [type, by] of [['member_joined', 1], ['member_left', -1]]) {
    client.addEventListener(type, ({ detail: { room_id, user_id } }) => {
        const room = rooms.get(room_id);
        if (!room || room.members.has(user_id) === by > 0) return;
        if (by > 0) room.members.add(user_id);
        else room.members.delete(user_id);
        if (room.count !== undefined) room.count += by;
        if (room_id !== current) return;
        if (by < 0) stage.remove(user_id);
        showMembers();
    });
}

function showMembers() {
    const { members, count, refused } = rooms.get(current);
    const sorted = [...members].sort((a, b) => (b === me) - (a === me) || a.localeCompare(b)).slice(0, SHOWN_MEMBERS);
    if (refused) byId('here').textContent = 'You are not in this room';
    else if (count !== undefined) byId('here').textContent = `${count.toLocaleString()} here now`;
    else byId('here').textContent = members.size ? 'Seen here, your token shows no list' : 'Not here yet';
    byId('members').replaceChildren(
        ...sorted.map((user) => {
            const item = document.createElement('li');
            item.dataset.user = user;
            item.style.setProperty('--hue', hueOf(user));
            const name = document.createElement('bdi');
            name.textContent = user;
            item.append(name);
            if (user === me) item.classList.add('self');
            return item;
        }),
    );
    if (count === undefined || count <= sorted.length) return;
    const more = document.createElement('li');
    more.className = 'more';
    more.textContent = `and ${(count - sorted.length).toLocaleString()} more`;
    byId('members').append(more);
}

function showCursor({ room_id, sender, content }) {
    if (room_id !== CURSORS + current || (sender === me && content?.tab === TAB)) return;
    stage.show(sender, content?.tab ?? '', content?.x, content?.y);
}

// --- Name and address

function setName(name) {
    me = name;
    byId('name').value = name;
    stage.name = name;
    writeAddress();
    showMembers();
}

function rename() {
    const name = clean(byId('name').value, 32) || me;
    byId('name').value = name;
    if (name === me) return;
    setName(name);
    remember('name', name);
    client.user = name;
}
byId('name').addEventListener('change', rename);
byId('me').addEventListener('submit', (e) => {
    e.preventDefault();
    rename();
    byId('message').focus();
});

byId('open-room').addEventListener('submit', (e) => {
    e.preventDefault();
    const id = clean(byId('room').value, 60);
    if (!id) return;
    byId('room').value = '';
    location.hash = new URLSearchParams({ room: id, name: me });
});

addEventListener('hashchange', () => {
    const { room, name } = readAddress();
    if (name && name !== me) {
        byId('name').value = name;
        rename();
    }
    if (room) showRoom(room);
    writeAddress();
});

byId('second').addEventListener('click', () => setTimeout(offerSecond));
function offerSecond() {
    byId('second').href = `#${new URLSearchParams({ room: current, name: randomName() })}`;
}

function readAddress() {
    const given = new URLSearchParams(location.hash.slice(1));
    return { room: clean(given.get('room') ?? '', 60) || undefined, name: clean(given.get('name') ?? '', 32) || undefined };
}

function writeAddress() {
    history.replaceState(null, '', `#${new URLSearchParams({ room: current, name: me })}`);
    offerSecond();
}

/** Ids may not hold control characters, nor those that turn text; by code points, so that no character is cut in two. */
function clean(text, length) {
    return [...text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '').trim()].slice(0, length).join('');
}

function randomName() {
    const pick = (words) => words[Math.floor(Math.random() * words.length)];
    const manner = pick(['quiet', 'brisk', 'amber', 'merry', 'lucid', 'gentle', 'bold', 'early', 'sunny', 'nimble', 'calm', 'clever']);
    return `${manner}-${pick(['otter', 'heron', 'maple', 'finch', 'comet', 'fern', 'lynx', 'tern', 'birch', 'wren', 'hare', 'willow'])}`;
}

// Storage can be forbidden by the browser; the page then works without a memory.
function remember(key, value) {
    try {
        localStorage.setItem(`roomwire.${key}`, value);
    } catch {}
}
function recall(key) {
    try {
        return localStorage.getItem(`roomwire.${key}`) ?? undefined;
    } catch {
        return undefined;
    }
}

// --- The connection

const STATUS = { connecting: 'connecting', open: 'connected', waiting: 'trying again', stopped: 'not connected' };
let everJoined = false; // before that, a line that breaks may mean that a token is missing or bad
let troubleTimer;

client.addEventListener('state', ({ detail }) => {
    const { state, code = 0, reason } = detail;
    body.dataset.state = state;
    byId('status').textContent = STATUS[state];
    if (state !== 'open') delete body.dataset.joined;
    if (state === 'open') {
        clearTimeout(troubleTimer);
        troubleTimer = undefined;
        byId('trouble').hidden = true;
        refusalShown = false;
    } else if (state === 'stopped') {
        const why = `${reason || 'no reason given'} (${code})`;
        showTrouble(`The node ended this connection: ${why}. The page does not come back by itself.`, (code >= 4200 && code < 4300) || code === 4501);
    } else if (state === 'waiting' && !troubleTimer) {
        // A restart that takes a moment is no trouble worth a notice.
        troubleTimer = setTimeout(() => {
            if (everJoined) showTrouble('The connection is lost. What you write is kept, and sent when it is back.', false);
            else if (byId('token').value) showTrouble('The node did not take this token, or does not answer. Give it another, or wait.', true);
            else showTrouble('The node does not answer. If it asks for a token, give it here.', true);
        }, 2500);
    }
});

function showTrouble(text, wantsToken) {
    byId('trouble-text').textContent = text;
    document.querySelector('#again .token').hidden = !wantsToken;
    byId('trouble').hidden = false;
}

byId('again').addEventListener('submit', (e) => {
    e.preventDefault();
    // Kept in this page's memory alone, and sent as a subprotocol: never in an address, which is logged and remembered.
    if (byId('token').value) client.token = byId('token').value.trim();
    client.connect();
});

// --- Begin

byId('name').value = me;
stage.name = me;
ROOMS.forEach(listRoom);
showRoom(address.room ?? recall('room') ?? ROOMS[0]);
client.connect();
