/** Longer than any drain. A server that says more may mean it, as where a day's bytes are used up; asking now and then is cheap. */
const LONGEST_MS = 600_000;

/**
 * How long to wait before the next connection; undefined: not by itself. The ranges of close codes decide, so that a new code
 * needs no new client.
 */
export function comeBackMs(
    code: number,
    attempts: number,
    orderMs: unknown,
    renews: boolean,
    random: number,
): number | undefined {
    const is = (pattern: RegExp) => pattern.test(`${code}`);
    if (is(/^(100[2379]|4[5-9])/) || (is(/^42/) && !renews)) return undefined;
    if (is(/^40/) && !attempts) return 0;
    const ordered = is(/^10(01|12|13)/);
    // Full jitter. The ceiling stays below the time that has gone by, so a short outage is healed soon after its end.
    const firstMs = ordered || is(/^4[12]/) ? 1000 : 200;
    const backoffMs = random * Math.min(15_000, firstMs * 1.4 ** attempts);
    return ordered && isTime(orderMs) ? Math.min(orderMs, LONGEST_MS) : backoffMs;
}

/** How long to wait with a request that was answered by an error: what the server asks for, else a backoff with full jitter. */
export function orderedMs(ms: unknown, refusals: number): number {
    return isTime(ms) ? Math.min(ms, LONGEST_MS) : Math.random() * Math.min(10_000, 500 * 2 ** refusals);
}

/** A timer takes what is no time, or too long for it, as "at once". */
function isTime(ms: unknown): ms is number {
    return typeof ms === 'number' && ms >= 0;
}
