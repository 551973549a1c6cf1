import type { Frame, Gap, Reset } from './types.js';

/** Where one is in a room's log. */
export interface Place {
    seq: number;
    epoch: string | undefined;
    /** The newest seq when the room was joined last: who has got there has nothing to catch up with. */
    head: number;
    /** Where a hole was found, and the room joined again for it. */
    asked: number;
}

export function newPlace(): Place {
    return { seq: 0, epoch: undefined, head: 0, asked: -1 };
}

/** Takes what `joined` says. Gives a reset if something that was seen, or stored, may not be there any more. */
export function enter(place: Place, frame: Frame): Omit<Reset, 'room'> | undefined {
    const epoch = (frame.epoch ?? undefined) as string | undefined;
    const head = seqOf(frame.seq) ?? 0;
    const resumed = !!place.epoch;
    const from = seqOf(frame.resumed_after) ?? (resumed && epoch === place.epoch ? place.seq : head);
    const uncertainAfter = seqOf(frame.uncertain_after);
    const reset = resumed && (from !== place.seq || uncertainAfter !== undefined);
    Object.assign(place, { seq: from, head, epoch });
    return reset ? { epoch, resumedAfter: from, uncertainAfter } : undefined;
}

/**
 * What a message with this seq is to somebody at this place; undefined: the next one. A hole is one only once: the room is
 * then joined again, and if the hole is still there, nothing will fill it.
 */
export function look(place: Place, seq: number): 'old' | 'hole' | undefined {
    if (seq <= place.seq) return 'old';
    if (seq === place.seq + 1 || place.asked === place.seq) return undefined;
    place.asked = place.seq;
    return 'hole';
}

/** Goes on to this seq. Gives what was left out on the way, if anything was. */
export function pass(place: Place, to: number): Omit<Gap, 'room'> | undefined {
    const from = place.seq + 1;
    if (to < from) return undefined;
    place.seq = to;
    return { from, to };
}

/** What a server gives as a seq, if it is one. */
export function seqOf(value: unknown): number | undefined {
    return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
