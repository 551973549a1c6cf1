const SEND_EVERY_MS = 40;
const FADES_AFTER_MS = 5000;
const STEP = 0.02; // of the stage, an arrow key's press

/** The floor of the room: where the others' pointers are, and the wire that hangs between all of them. */
export class Stage {
    #element;
    #wire;
    #hueOf;
    #onMove;
    #user;
    #cursors = new Map(); // key -> {user, element, x, y (as drawn), toX, toY, timer}
    #own;
    #unsent;
    #sentAt = 0;
    #drawing = false;
    /** Nobody may see where we point. */
    blocked = false;
    #still = matchMedia('(prefers-reduced-motion: reduce)');

    /** `onMove` gets {x, y} as fractions of the stage, at most 25 times a second. */
    constructor(element, hueOf, onMove) {
        this.#element = element;
        this.#wire = element.querySelector('path');
        this.#hueOf = hueOf;
        this.#onMove = onMove;
        for (const type of ['pointerdown', 'pointermove']) element.addEventListener(type, (e) => this.#pointed(e));
        element.addEventListener('keydown', (e) => this.#pressed(e));
    }

    /** `tab` tells two windows of one user apart. */
    show(user, tab, x, y) {
        if (!(x >= 0 && x <= 1 && y >= 0 && y <= 1)) return;
        this.#move(`${tab}/${user}`, user, x, y);
    }

    /** Without a user: everybody. */
    remove(user) {
        for (const [key, cursor] of this.#cursors) {
            if (user === undefined || (cursor.user === user && cursor !== this.#own)) this.#drop(key);
        }
    }

    set name(user) {
        this.#drop('own');
        this.#user = user;
    }

    #pointed(e) {
        const box = this.#element.getBoundingClientRect();
        this.#moveOwn((e.clientX - box.left) / box.width, (e.clientY - box.top) / box.height);
    }

    #pressed(e) {
        const step = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[e.key];
        if (!step || e.ctrlKey || e.altKey || e.metaKey) return;
        e.preventDefault();
        const { toX, toY } = this.#own ?? { toX: 0.5, toY: 0.5 };
        this.#moveOwn(toX + step[0], toY + step[1]);
    }

    #moveOwn(x, y) {
        if (this.blocked) return;
        const at = { x: fraction(x), y: fraction(y) };
        this.#own = this.#move('own', this.#user, at.x, at.y);
        if (!this.#unsent) requestAnimationFrame((now) => this.#send(now));
        this.#unsent = at;
    }

    #send(now) {
        if (now - this.#sentAt < SEND_EVERY_MS) return requestAnimationFrame((later) => this.#send(later));
        this.#sentAt = now;
        this.#onMove(this.#unsent);
        this.#unsent = undefined;
    }

    #move(key, user, x, y) {
        let cursor = this.#cursors.get(key);
        if (!cursor) {
            cursor = { user, element: this.#pointer(user, key === 'own'), x, y };
            this.#cursors.set(key, cursor);
            this.#element.append(cursor.element);
        }
        cursor.toX = x;
        cursor.toY = y;
        cursor.element.dataset.x = x;
        cursor.element.dataset.y = y;
        clearTimeout(cursor.timer);
        cursor.timer = setTimeout(() => this.#drop(key), FADES_AFTER_MS);
        if (!this.#drawing) this.#draw();
        return cursor;
    }

    #drop(key) {
        const cursor = this.#cursors.get(key);
        if (!cursor) return;
        clearTimeout(cursor.timer);
        cursor.element.remove();
        this.#cursors.delete(key);
        if (cursor === this.#own) this.#own = undefined;
        if (!this.#drawing) this.#draw();
    }

    #pointer(user, own) {
        const element = document.createElement('div');
        element.className = own ? 'own-cursor' : 'cursor';
        element.setAttribute('aria-hidden', 'true');
        if (own) return element;
        element.dataset.user = user;
        element.style.setProperty('--hue', this.#hueOf(user));
        const arrow = document.createElement('i');
        const label = document.createElement('span');
        label.dir = 'auto';
        label.textContent = user;
        element.append(arrow, label);
        return element;
    }

    /** Moves each pointer a part of its way, and once more as long as one of them is not there yet. */
    #draw() {
        this.#drawing = false;
        for (const cursor of this.#cursors.values()) {
            const rest = Math.abs(cursor.toX - cursor.x) + Math.abs(cursor.toY - cursor.y);
            const part = this.#still.matches || cursor === this.#own || rest < 0.001 ? 1 : 0.35;
            cursor.x += (cursor.toX - cursor.x) * part;
            cursor.y += (cursor.toY - cursor.y) * part;
            cursor.element.style.setProperty('--x', cursor.x.toFixed(4));
            cursor.element.style.setProperty('--y', cursor.y.toFixed(4));
            if (part < 1) this.#drawing = true;
        }
        this.#wire.setAttribute('d', hanging([...this.#cursors.values()]));
        this.#element.classList.toggle('used', this.#cursors.size > 0);
        if (this.#drawing) requestAnimationFrame(() => this.#draw());
    }
}

/** A wire from left to right over all points, with some slack between each two. */
function hanging(points) {
    if (points.length < 2) return '';
    const along = points.map(({ x, y }) => [x * 1000, y * 1000]).sort((a, b) => a[0] - b[0]);
    let d = `M${along[0].map(Math.round)}`;
    for (let i = 1; i < along.length; i++) {
        const [[x1, y1], [x2, y2]] = [along[i - 1], along[i]];
        const slack = 50 + (x2 - x1) * 0.22;
        const third = [(x2 - x1) / 3, (y2 - y1) / 3];
        d += `C${[x1 + third[0], y1 + third[1] + slack, x2 - third[0], y2 - third[1] + slack, x2, y2].map(Math.round)}`;
    }
    return d;
}

function fraction(value) {
    return Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;
}
