// What comes from the node is shown as text and never as markup: users choose their own ids, and those of rooms.

const EVERY_MS = 2000;
const KEY = 'roomwire.ops-key'; // in sessionStorage alone: it goes with the tab, and no other origin can read it

const FIGURES = [
    ['Connections now', ({ stats }) => stats.connections_active],
    ['Connections so far', ({ stats }) => stats.connections_total],
    ['Rooms', ({ health }) => health.rooms],
    ['Messages a second', ({ stats }) => stats.messages_per_second],
    ['Received', ({ stats }) => stats.messages_received],
    ['Delivered', ({ stats }) => stats.messages_sent],
    ['Dropped for slow members', ({ stats }) => stats.messages_dropped],
    ['Version', ({ health }) => health.version],
    ['Runs for', ({ health }) => duration(health.uptime_s)],
];
/** What `/health` says beside the states of the parts. */
const NO_PART = ['status', 'node', 'version', 'uptime_s', 'active_connections', 'rooms'];

const byId = (id) => document.getElementById(id);
let key = sessionStorage.getItem(KEY);
let shownRoom;
let timer;
let lost = false; // the last look failed, and the page says so

// --- Asking

/** The answer of the server API; throws an Error with what a person has to know, and its `status`. */
async function api(call, fields = {}) {
    const answer = await fetch(`api/${call}`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(fields),
        cache: 'no-store',
    });
    const body = await answer.json();
    if (answer.ok) return body;
    throw Object.assign(new Error(body.message), { status: answer.status });
}

async function read(path) {
    return (await fetch(path, { cache: 'no-store' })).json();
}

async function refresh() {
    clearTimeout(timer);
    const asking = key;
    try {
        const [{ rooms }, stats, health, room] = await Promise.all([
            api('rooms'),
            read('stats'),
            read('health'),
            shownRoom === undefined ? undefined : api('presence', { room_id: shownRoom }),
        ]);
        if (asking !== key) return; // somebody has left, or come with another
        enter();
        showFigures({ stats, health });
        showHealth(health);
        showRooms(rooms);
        if (room?.room_id === shownRoom) showMembers(room);
        if (lost) say('trouble', '');
        lost = false;
    } catch (e) {
        if (asking !== key || turnedAway(e)) return;
        lost = true;
        say('trouble', told(e));
    }
    timer = setTimeout(refresh, EVERY_MS);
}

const told = (error) => (error.status ? error.message : 'The node does not answer.');

/** Whether the key is of no use; then it is forgotten. */
function turnedAway({ status }) {
    if (status === 401) leave('This key does not count: it is none of ops-keys.');
    else if (status === 403) leave('The server API is off: start the node with ops-keys.');
    return status === 401 || status === 403;
}

// --- The key

byId('entry').addEventListener('submit', (e) => {
    e.preventDefault();
    key = byId('key').value.trim();
    // A header takes no other characters, so no other key can count.
    if (/^[\x21-\x7e]+$/.test(key)) refresh();
    else leave('This key does not count: it has characters that no key has.');
});

byId('forget').addEventListener('click', () => leave(''));

function enter() {
    if (!byId('entry').hidden) say('trouble', '');
    sessionStorage.setItem(KEY, key);
    byId('key').value = '';
    byId('entry').hidden = true;
    byId('inside').hidden = byId('forget').hidden = false;
}

function leave(why) {
    clearTimeout(timer);
    key = undefined;
    sessionStorage.removeItem(KEY);
    byId('entry').hidden = false;
    byId('inside').hidden = byId('forget').hidden = true;
    byId('node').textContent = '';
    shownRoom = undefined;
    byId('count').textContent = '';
    byId('listing').hidden = true;
    say('done', '');
    say('trouble', why);
    byId('key').focus();
}

// --- Showing

function say(where, text) {
    byId(where).textContent = text;
    byId(where).hidden = !text;
}

function showFigures(about) {
    byId('node').textContent = `node ${about.health.node}`;
    const shown = FIGURES.map(([name, of]) => [name, of(about)]);
    byId('figures').replaceChildren(...shown.flatMap(([name, value]) => pair(name, value.toLocaleString())));
}

function showHealth(health) {
    byId('status').textContent = health.status;
    const parts = Object.entries(health).filter(([name]) => !NO_PART.includes(name));
    byId('parts').replaceChildren(...parts.flatMap(([name, state]) => pair(name, state)));
}

function pair(name, value) {
    const term = make('dt', name);
    const is = make('dd', value);
    is.dataset.of = name;
    is.classList.toggle('bad', value.startsWith('down'));
    return [term, is];
}

function showRooms(rooms) {
    fill('rooms', rooms, ({ room_id, connections }) => row(room_id, connections, button('Members', () => showRoom(room_id))));
}

/** Rows that say the same stay, so that no button goes away under a finger. */
function fill(where, all, rowOf) {
    const said = JSON.stringify(all);
    const table = byId(where);
    if (table.dataset.said === said) return;
    table.dataset.said = said;
    table.replaceChildren(...all.map(rowOf));
}

byId('ask').addEventListener('submit', (e) => {
    e.preventDefault();
    showRoom(byId('room').value);
});

function showRoom(room) {
    byId('room').value = room;
    attempt(async () => {
        const report = await api('presence', { room_id: room });
        shownRoom = room;
        showMembers(report);
    });
}

function showMembers({ room_id, count, members }) {
    const more = count > members.length ? `, ${members.length} of them are listed` : '';
    byId('count').textContent = `${count} ${count === 1 ? 'user' : 'users'} in ${room_id} on all nodes${more}`;
    byId('listing').hidden = members.length === 0;
    const inRoom = members.map((member) => ({ ...member, room_id }));
    fill('members', inRoom, ({ user_id, connections }) =>
        row(user_id, connections, button('Remove', () => remove(user_id, room_id)), button('Disconnect', () => disconnect(user_id))),
    );
}

function row(id, connections, ...buttons) {
    const line = make('tr');
    line.dataset.id = id;
    const orders = make('td');
    orders.append(...buttons);
    line.append(make('td', id), make('td', connections), orders);
    return line;
}

function button(text, action) {
    const made = make('button', text);
    made.type = 'button';
    made.className = 'quiet';
    made.addEventListener('click', action);
    return made;
}

function make(tag, text = '') {
    const made = document.createElement(tag);
    made.textContent = text;
    return made;
}

function duration(seconds) {
    const days = Math.floor(seconds / 86_400);
    const clock = new Date((seconds % 86_400) * 1000).toISOString().slice(11, 19);
    return days ? `${days} d ${clock}` : clock;
}

// --- Orders

byId('order').addEventListener('submit', (e) => {
    e.preventDefault();
    disconnect(byId('user').value);
});

function disconnect(user) {
    give(`Disconnect ${user} everywhere?`, 'disconnect', { user_id: user }, `${user} is disconnected`);
}

function remove(user, room) {
    give(`Remove ${user} from ${room}?`, 'remove', { user_id: user, room_id: room }, `${user} is out of ${room}`);
}

async function give(question, call, fields, done) {
    if (!confirm(question)) return;
    await attempt(async () => {
        const { reaches } = await api(call, fields);
        say('done', `${done}. The order went to ${reaches}.`);
    });
}

async function attempt(action) {
    say('trouble', '');
    try {
        await action();
    } catch (e) {
        if (!turnedAway(e)) say('trouble', told(e));
    }
}

if (key) refresh();
else byId('key').focus();
