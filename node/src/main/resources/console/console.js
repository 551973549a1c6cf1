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
let report; // of the members of that room, as it came last
let timer;
let lost = false; // the last look failed, and the page says so
let seenAt; // when the figures came

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
        if (room && room.room_id === shownRoom) showMembers(room);
        if (lost) say('trouble', '');
        seenAt = new Date();
        showStale(false);
    } catch (e) {
        if (asking !== key || turnedAway(e)) return;
        say('trouble', told(e));
        showStale(true);
    }
    timer = setTimeout(refresh, EVERY_MS);
}

/** Figures that nobody brings up to date look like it, and say of when they are. */
function showStale(isStale) {
    lost = isStale;
    byId('inside').classList.toggle('stale', isStale);
    say('stale', isStale && seenAt ? `What you see below is of ${seenAt.toLocaleTimeString()}.` : '');
}

const told = (error) => (error.status ? error.message : 'The node does not answer.');

/** Whether the key is of no use; then it is forgotten. */
function turnedAway({ status }) {
    if (status === 401) leave('Wrong key.');
    else if (status === 403) leave('This node has no keys, so nobody can sign in. Set ops-keys and start it again.');
    return status === 401 || status === 403;
}

// --- The key

byId('entry').addEventListener('submit', (e) => {
    e.preventDefault();
    key = byId('key').value.trim();
    // A header takes no other characters, so no other key can count.
    if (/^[\x21-\x7e]+$/.test(key)) refresh();
    else leave('Wrong key: keys have no spaces and no letters beyond ASCII.');
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
    shownRoom = report = undefined;
    showStale(false);
    byId('count').textContent = '';
    byId('listing').hidden = byId('narrow').hidden = true;
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

const isolated = (id) => {
    const made = make('bdi', id); // an id from right to left must not turn the words around it
    made.dir = 'auto';
    return made;
};

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
        const came = await api('presence', { room_id: room });
        if (room !== shownRoom) byId('filter').value = '';
        shownRoom = room;
        showMembers(came);
        byId('room-title').scrollIntoView({ block: 'start' }); // on a phone it is below what was pressed
        byId('count').focus({ preventScroll: true });
    });
}

function showMembers(came) {
    report = came;
    const { room_id, count, members } = came;
    const wanted = byId('filter').value.toLowerCase();
    const byName = (a, b) => a.user_id.localeCompare(b.user_id);
    const order = byId('sort').value === 'name' ? byName : (a, b) => b.connections - a.connections || byName(a, b);
    const inRoom = members
        .filter(({ user_id }) => user_id.toLowerCase().includes(wanted))
        .sort(order)
        .map((member) => ({ ...member, room_id }));
    const listed = count > members.length ? `, ${members.length} of them can be listed` : '';
    const shown = wanted ? `, ${inRoom.length} shown` : '';
    byId('count').replaceChildren(`${count} ${count === 1 ? 'user' : 'users'} in `, isolated(room_id), ` on all nodes${listed}${shown}`);
    byId('listing').hidden = inRoom.length === 0;
    byId('narrow').hidden = members.length < 2;
    fill('members', inRoom, ({ user_id, connections }) =>
        row(user_id, connections, button('Remove', () => remove(user_id, room_id)), button('Disconnect', () => disconnect(user_id))),
    );
}

byId('narrow').addEventListener('submit', (e) => e.preventDefault());
for (const [field, type] of [['filter', 'input'], ['sort', 'change']]) byId(field).addEventListener(type, () => showMembers(report));

function row(id, connections, ...buttons) {
    const line = make('tr');
    line.dataset.id = id;
    const orders = make('td');
    orders.append(...buttons);
    const name = make('td');
    name.append(isolated(id));
    line.append(name, make('td', connections), orders);
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

/** As `isolated`, where there is text alone: first strong isolate, and its end. */
const alone = (id) => `\u2068${id}\u2069`;

function disconnect(user) {
    give(`Disconnect ${alone(user)} everywhere?`, 'disconnect', { user_id: user }, `${alone(user)} is disconnected`);
}

function remove(user, room) {
    give(`Remove ${alone(user)} from ${alone(room)}?`, 'remove', { user_id: user, room_id: room }, `${alone(user)} is out of ${alone(room)}`);
}

async function give(question, call, fields, done) {
    if (!confirm(question)) return;
    await attempt(async () => {
        const { reaches } = await api(call, fields);
        say('done', `${done}. The order went to ${reaches}.`);
        byId('done').scrollIntoView({ block: 'nearest' });
    });
}

async function attempt(action) {
    say('trouble', '');
    try {
        await action();
    } catch (e) {
        if (turnedAway(e)) return;
        say('trouble', told(e));
        byId('trouble').scrollIntoView({ block: 'nearest' });
    }
}

if (key) refresh();
else byId('key').focus();
