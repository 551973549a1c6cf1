const CLOCK = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const DAY_AND_CLOCK = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const TOGETHER_MS = 5 * 60_000; // messages of one sender this close stand under one name
const LINK = /\bhttps?:\/\/[^\s<>"]*[^\s<>"'.,;:!?)\]]/g;
const KEPT = 600; // list items; a page that stays open for weeks must not grow with the room

/**
 * What is on the screen of one room: messages in the order of their seq, then those of our own that have no seq yet.
 * It does not matter in which order they come (live, history, ack before echo): each seq has one item and one place.
 */
export class MessageLog {
    #list = document.createElement('ol');
    #placed = []; // {seq, item} of the room's present log, ascending
    #pending = new Map(); // id -> item
    #earlier;
    #doubt;
    #hueOf;

    element = document.createElement('div');

    constructor(roomId, hueOf) {
        this.#hueOf = hueOf;
        this.element.className = 'log';
        this.element.setAttribute('role', 'log');
        this.element.setAttribute('aria-live', 'polite');
        this.element.setAttribute('aria-label', `Messages in ${roomId}`);
        this.element.append(this.#list);
    }

    /** While busy, a screen reader waits: fifty messages of history are not news. */
    set busy(busy) {
        this.element.setAttribute('aria-busy', busy);
    }

    get oldest() {
        return this.#placed[0]?.seq;
    }

    pending(id, sender, text) {
        const item = this.#message({ sender, content: text, ts: Date.now() }, true);
        item.dataset.pending = '';
        item.querySelector('.seq').textContent = 'not sent yet';
        this.#pending.set(id, item);
        this.#insert(item, null);
    }

    acked(id, seq) {
        const item = this.#pending.get(id);
        if (!item) return;
        this.#pending.delete(id);
        // Without a log there is no seq to know the echo by, so the echo takes the place.
        if (seq === undefined || this.#find(seq)) return this.#remove(item);
        delete item.dataset.pending;
        this.#number(item, seq);
        this.#place(seq, item);
    }

    failed(id, why) {
        const item = this.#pending.get(id);
        if (!item) return;
        this.#pending.delete(id);
        delete item.dataset.pending;
        item.dataset.failed = '';
        item.querySelector('.seq').textContent = `refused: ${why}`;
    }

    /** Gives false for what was there already. */
    message(frame, own) {
        const there = this.#find(frame.seq);
        if (there) {
            this.#time(there.querySelector('time'), frame.ts);
            return false;
        }
        const item = this.#message(frame, own);
        this.#number(item, frame.seq);
        this.#place(frame.seq, item);
        return true;
    }

    gap(from, to) {
        this.#doubt?.remove();
        const many = to - from + 1;
        const item = note('gap', many === 1 ? `Message ${from} is gone` : `${many} messages are gone (${from} to ${to})`);
        this.#place(from, item);
    }

    /** Something is missing and the node has not said what; a `gap` that follows says it better. */
    doubt() {
        this.#doubt = this.note('gap', 'Some messages may be missing here');
    }

    note(kind, text) {
        const item = note(kind, text);
        this.#insert(item, this.#firstPending());
        return item;
    }

    /** Seqs begin again: what is on the screen stays, and what comes is compared with it no more. */
    newLog() {
        this.#placed = [];
        this.offerEarlier(undefined);
        this.note('new-log', 'The room began a new log');
    }

    /** Offers what lies before the oldest message, or no longer does. */
    offerEarlier(onAsk) {
        if (!onAsk) {
            this.#earlier?.remove();
            this.#earlier = undefined;
        }
        if (!onAsk || this.#earlier) return;
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'quiet';
        button.textContent = 'Earlier messages';
        button.addEventListener('click', onAsk);
        this.#earlier = document.createElement('li');
        this.#earlier.className = 'earlier';
        this.#earlier.append(button);
        this.#list.insertBefore(this.#earlier, this.#placed[0]?.item ?? this.#firstPending());
    }

    #message({ sender, content, ts, seq }, own) {
        const item = document.createElement('li');
        item.className = own ? 'message own' : 'message';
        item.dataset.sender = sender;
        item.dataset.ts = ts;
        item.style.setProperty('--hue', this.#hueOf(sender));
        const who = span('who', '');
        const name = document.createElement('bdi'); // a name from right to left must not turn what stands beside it
        name.textContent = sender;
        who.append(name);
        if (own) who.append(span('you', ' you'));
        const text = span('text', '');
        text.dir = 'auto';
        if (typeof content === 'string') text.append(...linked(content));
        else {
            text.textContent = JSON.stringify(content);
            text.classList.add('json');
        }
        const meta = span('meta', '');
        const time = document.createElement('time');
        this.#time(time, ts);
        meta.append(time, ' ', span('seq', ''));
        item.append(who, text, meta);
        return item;
    }

    #time(element, ts) {
        const date = new Date(ts);
        element.dateTime = date.toISOString();
        element.textContent = (date.toDateString() === new Date().toDateString() ? CLOCK : DAY_AND_CLOCK).format(date);
    }

    #number(item, seq) {
        if (seq !== undefined) item.dataset.seq = seq;
        item.querySelector('.seq').textContent = seq ?? '';
    }

    #place(seq, item) {
        let i = this.#placed.length;
        while (i > 0 && this.#placed[i - 1].seq > seq) i--;
        const next = this.#placed[i]?.item ?? this.#firstPending();
        this.#placed.splice(i, 0, { seq, item });
        this.#insert(item, next);
    }

    #insert(item, before) {
        // An item that moves without need is read out again.
        if (item.parentNode !== this.#list || item.nextSibling !== before) this.#list.insertBefore(item, before);
        this.#join(item);
        this.#join(item.nextElementSibling);
    }

    #remove(item) {
        const next = item.nextElementSibling;
        item.remove();
        this.#join(next);
    }

    /** Joins a message to the one above it if it goes on in the same breath. */
    #join(item) {
        if (!item?.classList.contains('message')) return;
        const above = item.previousElementSibling;
        const goesOn = above?.dataset.sender === item.dataset.sender && item.dataset.ts - above.dataset.ts < TOGETHER_MS;
        item.classList.toggle('goes-on', goesOn);
    }

    #find(seq) {
        for (let i = this.#placed.length - 1; i >= 0 && this.#placed[i].seq >= seq; i--) {
            if (this.#placed[i].seq === seq) return this.#placed[i].item;
        }
        return undefined;
    }

    #firstPending() {
        return this.#pending.values().next().value ?? null;
    }

    /** Lets go of the oldest if there are too many. Gives true if some of them can be had again. */
    prune() {
        const before = this.#placed.length;
        while (this.#list.childElementCount > KEPT) {
            const first = this.#list.firstElementChild === this.#earlier ? this.#earlier.nextElementSibling : this.#list.firstElementChild;
            if (this.#placed[0]?.item === first) this.#placed.shift();
            this.#remove(first);
        }
        return this.#placed.length < before;
    }
}

function span(className, text) {
    const element = document.createElement('span');
    element.className = className;
    element.textContent = text;
    return element;
}

/** The text with its addresses as links. Made of nodes and never of markup; and http alone, so that no link is a script. */
function linked(text) {
    const parts = [];
    let from = 0;
    for (const { 0: address, index } of text.matchAll(LINK)) {
        const link = document.createElement('a');
        link.href = address;
        link.target = '_blank';
        link.rel = 'noopener noreferrer nofollow';
        link.textContent = address;
        parts.push(text.slice(from, index), link);
        from = index + address.length;
    }
    return [...parts, text.slice(from)];
}

function note(kind, text) {
    const item = document.createElement('li');
    item.className = `note ${kind}`;
    item.append(span('note-text', text));
    return item;
}
