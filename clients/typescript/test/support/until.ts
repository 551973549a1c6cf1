import assert from 'node:assert/strict';

/** Waits for a condition, and fails with what it says when the time is over. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (!(await holds())) {
        assert.ok(performance.now() < end, `within ${timeoutMs} ms: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
}
