// Crash points: off unless asked for, and then exactly at the n-th pass of the one that was named.
import { expect, test } from '@jest/globals';
import { ConfigError, readConfig } from '../../src/platform/config.ts';
import { createCrashPoints } from '../../src/platform/crash-points.ts';

test('a process crashes at the n-th pass of the point that was named, and at no other', () => {
  const crashes: number[] = [];
  let passes = 0;
  const pass = createCrashPoints({ point: 'append', nth: 3 }, () => crashes.push(passes));
  for (passes = 1; passes <= 10; passes++) {
    pass('decide');
    pass('append');
  }
  expect(crashes).toEqual([3]);
});

test('nothing crashes unless it was asked for', () => {
  const pass = createCrashPoints(null, () => {
    throw new Error('crashed');
  });
  expect(() => pass('append')).not.toThrow();
});

test.each([
  [undefined, null],
  ['never', null],
  ['answer', { point: 'answer', nth: 1 }],
  ['submit:12', { point: 'submit', nth: 12 }],
])('CRASH_AT %s means %j', (text, meaning) => {
  expect(readConfig({ CRASH_AT: text }).crashAt).toEqual(meaning);
});

test.each(['append:0', 'append:', 'append:x', 'nowhere', 'append,decide'])('CRASH_AT %s is refused', (text) => {
  expect(() => readConfig({ CRASH_AT: text })).toThrow(ConfigError);
});
