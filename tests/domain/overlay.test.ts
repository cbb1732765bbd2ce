// Forks of a state: kept, they are as if nothing had been forked; dropped, they leave no trace. And what log time has
// passed by is freed.
import { describe, expect, test } from '@jest/globals';
import type { PlacedCommand } from '../../schemas/records.ts';
import { decide, fork, initial, settle, sizes } from '../../src/domain/decider.ts';
import type { State } from '../../src/domain/decider.ts';
import type { Asked } from './given.ts';
import { adjust, asked, cancel, carryOut, create, place, print, start, uuid } from './given.ts';

const numbered = (command: Asked, n: number): PlacedCommand =>
  asked({ ...command, meta: { command_id: uuid(100 + n), fingerprint: print(n), ...command.meta } }, n);

const window = { repeat_window_s: 60 };
const before = [create('cup'), place(1, [['cup', 4]], window)].map(numbered);
const batch = [
  create('mug'),
  cancel(1),
  place(
    2,
    [
      ['mug', 1],
      ['cup', 10],
    ],
    window,
  ),
  adjust('cup', { delta: 3 }),
].map((command, n) => numbered(command, n + 10));
/** Commands whose decisions show everything that `before` and `batch` can have changed. */
const probes = [
  ...[...before, ...batch],
  ...[place(3, [['cup', 100]]), place(4, [['mug', 100]]), cancel(1), cancel(2), create('mug')].map((command, n) =>
    numbered(command, n + 50),
  ),
  numbered({ ...place(5, [['cup', 1]], window), meta: { fingerprint: print(1) } }, 60),
  numbered({ ...place(6, [['cup', 1]], window), meta: { fingerprint: print(12) } }, 61),
];

function carryOutAll(state: State, commands: readonly PlacedCommand[], offset: number): State {
  let next = offset;
  for (const command of commands) next += carryOut(state, command, next).length;
  return state;
}

const answers = (state: State) => probes.map((probe) => decide(state, probe));
const opened = () => carryOutAll(initial(), before, 0);

describe('a fork', () => {
  test('sees what it was forked from and its own changes', () => {
    const direct = answers(carryOutAll(opened(), batch, 3));
    expect(answers(carryOutAll(fork(opened()), batch, 3))).toEqual(direct);
  });

  test('that is dropped leaves no trace', () => {
    const state = opened();
    const untouched = answers(state);
    carryOutAll(fork(state), batch, 3);
    expect(answers(state)).toEqual(untouched);
    expect(state.time).toBe(start);
    expect(sizes(state)).toEqual(sizes(opened()));
  });

  test('that is settled is as if nothing had been forked', () => {
    const state = opened();
    expect(settle(carryOutAll(fork(state), batch, 3))).toBe(state);
    const direct = carryOutAll(opened(), batch, 3);
    expect(answers(state)).toEqual(answers(direct));
    expect(sizes(state)).toEqual(sizes(direct));
    expect(answers(state)).not.toEqual(answers(opened()));
  });

  test('of a fork works likewise', () => {
    const state = opened();
    const lower = carryOutAll(fork(state), batch.slice(0, 2), 3);
    carryOutAll(fork(lower), batch.slice(2), 6);
    expect(answers(settle(carryOutAll(fork(lower), batch.slice(2), 6)))).toEqual(
      answers(carryOutAll(opened(), batch, 3)),
    );
    expect(answers(state)).toEqual(answers(opened()));
    expect(answers(settle(lower))).toEqual(answers(carryOutAll(opened(), batch, 3)));
  });

  test('moves log time on only when it is settled', () => {
    const state = opened();
    const overlay = fork(state);
    carryOut(overlay, numbered({ ...cancel(9), at: start + 5 }, 20), 3);
    expect([overlay.time, state.time]).toEqual([start + 5, start]);
    expect(settle(overlay).time).toBe(start + 5);
  });

  test('is the only thing that can be settled', () => {
    expect(() => settle(initial())).toThrow('only a fork');
  });
});

describe('memory', () => {
  /** One order placed, one cancelled, both with a window, every second. */
  function busy(state: State, seconds: number, batchSize: number): State {
    carryOut(state, numbered(create('cup', { stock: 1e9 }), 0), 0);
    let overlay = fork(state);
    for (let second = 1; second <= seconds; second += 1) {
      const at = start + second * 1000;
      const id = 1000 + second * 2;
      const meta = { remember_for_s: 600 };
      carryOut(overlay, numbered({ ...place(second, [['cup', 1]], window), at, meta }, id), second * 10);
      carryOut(overlay, numbered({ ...cancel(second), at, meta }, id + 1), second * 10 + 5);
      if (second % batchSize === 0) overlay = fork(settle(overlay));
    }
    return settle(overlay);
  }

  test.each([1, 50])('holds no more than a quarter above what its windows need, in batches of %i s', (batchSize) => {
    const { remembered, closed, recent, orders } = sizes(busy(initial(), 3_000, batchSize));
    expect(orders).toBe(0);
    expect(remembered).toBeGreaterThanOrEqual(2 * 600);
    expect(remembered).toBeLessThanOrEqual(2 * (600 * 1.25 + batchSize + 1) + 1);
    expect(closed).toBeLessThanOrEqual(600 * 1.25 + batchSize + 1);
    expect(recent).toBeLessThanOrEqual(60 * 1.25 + batchSize + 1);
  });

  test('of a span that is used no more is freed too', () => {
    const state = initial();
    carryOut(state, numbered({ ...cancel(1), meta: { remember_for_s: 60 } }, 1), 0);
    expect(sizes(state).remembered).toBe(1);
    carryOut(state, numbered({ ...cancel(2), at: start + 60_000 }, 2), 1);
    expect(sizes(state).remembered).toBe(1);
  });
});
