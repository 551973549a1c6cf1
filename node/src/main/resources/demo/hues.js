const APART = 30; // degrees; closer ones are hard to tell apart on a wire
const FULL = 360 / APART; // as many names have hues that far apart

/**
 * The colours of people, as hues. Each name has one of its own, made of the name, so that it is mostly the same on every
 * screen; where somebody who was seen before has nearly that, the name gets the middle of the widest gap. It keeps what it got.
 */
export class Hues {
    #given = new Map(); // name -> hue; those that were asked for last stand at the end

    of(name) {
        const hue = this.#given.get(name) ?? this.#free(own(name));
        this.#given.delete(name);
        this.#given.set(name, hue);
        if (this.#given.size > 1000) this.#given.delete(this.#given.keys().next().value);
        return hue;
    }

    #free(hue) {
        const taken = [...this.#given.values()].slice(-FULL + 1).sort((a, b) => a - b);
        if (taken.every((other) => distance(hue, other) >= APART)) return hue;
        let [from, gap] = [0, 0];
        taken.forEach((other, i) => {
            const wide = i + 1 < taken.length ? taken[i + 1] - other : taken[0] + 360 - other;
            if (wide > gap) [from, gap] = [other, wide];
        });
        return Math.round(from + gap / 2) % 360;
    }
}

function own(name) {
    let hash = 7;
    for (const char of name) hash = (hash * 31 + char.codePointAt(0)) >>> 0;
    return Math.round(((hash * 0.618034) % 1) * 360) % 360;
}

function distance(a, b) {
    const turn = Math.abs(a - b) % 360;
    return Math.min(turn, 360 - turn);
}
