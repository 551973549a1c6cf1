import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enter, look, newPlace, pass } from '../../src/place.js';

const joined = (fields: object) => ({ type: 'joined', ...fields });

test('the first join takes the head for its place', () => {
    const place = newPlace();
    assert.equal(enter(place, joined({ seq: 7, epoch: 'a' })), undefined);
    assert.deepEqual([place.seq, place.head, place.epoch], [7, 7, 'a']);
});

test('a resume in the same epoch stays where it is', () => {
    const place = newPlace();
    enter(place, joined({ seq: 7, epoch: 'a' }));
    assert.equal(enter(place, joined({ seq: 9, epoch: 'a', recovered: true })), undefined);
    assert.deepEqual([place.seq, place.head], [7, 9]);
});

test('another epoch goes on where the server says, and what was seen behind that is named', () => {
    const place = newPlace();
    enter(place, joined({ seq: 7, epoch: 'a' }));
    const reset = enter(place, joined({ seq: 6, epoch: 'b', resumed_after: 5, uncertain_after: 5 }));
    assert.deepEqual(reset, { epoch: 'b', resumedAfter: 5, uncertainAfter: 5 });
    assert.deepEqual([place.seq, place.epoch], [5, 'b']);
});

test('another epoch that lost nothing is no reset', () => {
    const place = newPlace();
    enter(place, joined({ seq: 7, epoch: 'a' }));
    assert.equal(enter(place, joined({ seq: 8, epoch: 'b', resumed_after: 7 })), undefined);
    assert.equal(place.epoch, 'b');
});

test('each seq is the next one once', () => {
    const place = newPlace();
    enter(place, joined({ seq: 2, epoch: 'a' }));
    assert.equal(look(place, 2), 'old');
    assert.equal(look(place, 3), undefined);
});

test('a hole is asked for once at a place, and then passed', () => {
    const place = newPlace();
    enter(place, joined({ seq: 2, epoch: 'a' }));
    assert.equal(look(place, 5), 'hole');
    assert.equal(look(place, 5), undefined);
    assert.deepEqual(pass(place, 4), { from: 3, to: 4 });
    assert.equal(pass(place, 4), undefined);
    place.seq = 5;
    assert.equal(look(place, 9), 'hole', 'the next one is asked for again');
});

test('what is no seq moves nothing', () => {
    for (const seq of ['9', -1, 1.5, NaN, null, {}, 2 ** 60]) {
        const place = newPlace();
        enter(place, joined({ seq: 2, epoch: 'a' }));
        enter(place, joined({ seq: 2, epoch: 'a', resumed_after: seq, uncertain_after: seq }));
        assert.equal(place.seq, 2, String(seq));
    }
});
