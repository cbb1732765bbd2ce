// When a group offset is stated.
import { expect, test } from '@jest/globals';
import { createCommits } from '../../src/log/commits.ts';

test('an offset is stated when it is new, and again after a minute: the broker may have lost it', () => {
  const clock = { now: 0 };
  const commits = createCommits({ now: () => clock.now });
  expect([commits.due(0, 5), commits.due(0, 5), commits.due(1, 5), commits.due(0, 6)]).toEqual([
    true,
    false,
    true,
    true,
  ]);
  clock.now = 59_999;
  expect(commits.due(0, 6)).toBe(false);
  clock.now = 60_000;
  expect([commits.due(0, 6), commits.due(0, 6)]).toEqual([true, false]);
});

test('a partition that starts anew states its offset at once', () => {
  const commits = createCommits({ now: () => 0 });
  commits.due(0, 5);
  commits.forget(0);
  expect(commits.due(0, 5)).toBe(true);
});
