// How long a reader may leave the broker alone.
import { expect, test } from '@jest/globals';
import { createLeisure } from '../../src/log/leisure.ts';

function started() {
  const time = { now: 0 };
  return { time, leisure: createLeisure({ now: () => time.now }) };
}

test('a reader that is told all by its own process asks the broker now and then', () => {
  const { leisure } = started();
  leisure.brought(0, 0);
  expect(leisure.restMs()).toBe(20);
});

test('records that only the broker had make it ask at once, for two seconds', () => {
  const { leisure, time } = started();
  leisure.brought(0, 3);
  leisure.brought(0, 1);
  expect(leisure.restMs()).toBe(0);
  time.now = 1_999;
  expect(leisure.restMs()).toBe(0);
  time.now = 2_000;
  expect(leisure.restMs()).toBe(20);
});

test('what its own process tells a moment after the broker did changes nothing', () => {
  const { leisure } = started();
  for (let i = 0; i < 10; i++) {
    leisure.brought(i % 2, 3);
    leisure.toldLate(i % 2, 3);
  }
  expect(leisure.restMs()).toBe(20);
});

test('but does not hide what others sent meanwhile', () => {
  const { leisure } = started();
  leisure.brought(0, 3);
  leisure.toldLate(0, 2);
  leisure.brought(0, 1);
  expect(leisure.restMs()).toBe(0);
});
