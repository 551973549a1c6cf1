import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comeBackMs, orderedMs } from '../../src/backoff.js';

const last = (code: number, attempts = 0, random = 1, order?: unknown, renews = true) =>
    comeBackMs(code, attempts, order, renews, random);

test('codes that are final keep the client away', () => {
    for (const code of [1002, 1003, 1007, 1009, 4500, 4501, 4504, 4999]) assert.equal(last(code), undefined, String(code));
});

test('4000 to 4099 comes back at once, and with a backoff if that did not help', () => {
    for (const code of [4000, 4001, 4099]) {
        assert.equal(last(code), 0);
        assert.equal(last(code, 1), 280);
    }
});

test('4200 to 4299 needs somebody who gives another token', () => {
    assert.equal(last(4201), 1000);
    assert.equal(last(4201, 0, 1, undefined, false), undefined);
});

test('a time that the server orders is kept where it orders one, and bounded', () => {
    assert.equal(last(1001, 0, 1, 700), 700);
    assert.equal(last(1012, 3, 1, 0), 0);
    assert.equal(last(1013, 0, 1, 1e15), 600_000);
    for (const order of ['soon', -1, NaN, null]) assert.equal(last(1001, 0, 0.5, order), 500);
    assert.equal(last(4101, 0, 1, 700), 1000, 'not after another code');
});

test('the jitter is full, and its ceiling grows to 15 s', () => {
    assert.equal(last(1006, 5, 0), 0);
    assert.ok(last(1006, 5, 0.5)! < last(1006, 5, 1)!);
    assert.equal(last(1006, 50, 1), 15_000);
});

test('a request waits as long as the server says, and else a little longer each time', () => {
    assert.equal(orderedMs(400, 9), 400);
    for (let refusals = 0; refusals < 20; refusals++) assert.ok(orderedMs(undefined, refusals) <= 10_000);
});
