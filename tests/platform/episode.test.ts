// An outage in the log: where it begins and where it ends.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createEpisode } from '../../src/platform/episode.ts';
import { createLogger } from '../../src/platform/logger.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('is two lines, however much goes wrong in between, and the next one is two more', () => {
  const lines: unknown[] = [];
  const logger = createLogger({ logLevel: 'info' }, { write: (line) => lines.push(JSON.parse(line)) });
  const { trouble } = createEpisode(logger, { begins: 'away', over: 'back' });
  for (let i = 0; i < 100; i++) {
    trouble(new Error(`no ${i}`), { i });
    jest.advanceTimersByTime(500);
  }
  expect(lines).toEqual([expect.objectContaining({ level: 40, msg: 'away', i: 0 })]);
  jest.advanceTimersByTime(9_499);
  expect(lines).toHaveLength(1);
  jest.advanceTimersByTime(1);
  expect(lines.slice(1)).toEqual([expect.objectContaining({ level: 30, msg: 'back', times: 100, ms: 49_500 })]);
  trouble(new Error('again'));
  jest.advanceTimersByTime(10_000);
  expect(lines.slice(2)).toEqual([
    expect.objectContaining({ msg: 'away' }),
    expect.objectContaining({ msg: 'back', times: 1, ms: 0 }),
  ]);
});
