import { orderedMs } from './backoff.js';
import type { Core } from './core.js';
import { createEmitter } from './emitter.js';
import type { RoomwireError } from './error.js';
import type { Frame, MemberList, Off, Waiting } from './types.js';

/** No frame says that an event was lost while the nodes' Redis was away, so the list is asked for now and then. */
const REFRESH_MS = 60_000;

/** Who is in a room, for as long as somebody watches. */
export interface Roster {
    wanted(): boolean;
    /** The same object until something changes; undefined until the server has told. */
    list(): MemberList | undefined;
    watch(watcher: (list: MemberList) => unknown, waiting: Waiting | undefined): Off;
    joined(): void;
    lost(): void;
    received(frame: Frame): void;
}

/** `join` joins the room again, if it is joined. */
export function createRoster(room: string, core: Core, join: () => void): Roster {
    const events = createEmitter<{ change: MemberList }>(core.report);
    let members = new Map<string, number>();
    let shown: MemberList | undefined;
    /** Users whom the list did not name, since it was too long. */
    let more = 0;
    /** Events come on this membership. */
    let told = false;
    /** What is told while the answer is on its way, which is at least as new as the answer. */
    let meanwhile: Map<string, boolean> | undefined;

    const wanted = () => events.heard('change');

    const put = (user: string, here: boolean) => {
        if (!here) return members.delete(user);
        return !members.has(user) && !!members.set(user, 1);
    };

    const show = () => {
        const list = [...members].map(([user, connections]) => ({ user, connections }));
        shown = { count: list.length + more, members: list };
        events.emit('change', shown);
    };

    const ask = () => {
        const mine = (meanwhile = new Map());
        const again = (ms: number) => core.later(() => mine === meanwhile && wanted() && ask(), ms);
        core.ask({ type: 'presence', room_id: room }).then(
            (frame) => {
                if (mine !== meanwhile) return;
                const list = memberList(frame);
                members = new Map(list.members.map(({ user, connections }) => [user, connections]));
                more = list.count - members.size;
                for (const [user, here] of mine) put(user, here);
                show();
                again(REFRESH_MS * (0.75 + Math.random() / 2));
            },
            (error: RoomwireError) => error.passes && again(orderedMs(error.retryAfterMs, 2)),
        );
    };

    return {
        wanted,
        list: () => shown,
        watch(watcher, waiting) {
            const off = events.on('change', watcher, waiting);
            if (!told) join();
            return off;
        },
        joined() {
            told = wanted();
            if (told) ask();
        },
        lost() {
            told = false;
            meanwhile = undefined;
        },
        received({ type, user_id: user }) {
            const here = type === 'member_joined';
            if ((!here && type !== 'member_left') || typeof user !== 'string') return;
            meanwhile?.set(user, here);
            if (shown && put(user, here)) show();
        },
    };
}

export function memberList({ count, members }: Frame): MemberList {
    const list = Array.isArray(members) ? members : [];
    return {
        count: (count as number | undefined) ?? list.length,
        members: list.map((each) => ({ user: each?.user_id, connections: each?.connections })),
    };
}
