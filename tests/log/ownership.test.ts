// One partition of a follower against every position a consumer can turn up at: what rebalances, pauses and late fetches
// do to it seldom enough that a test on a broker would miss it.
import { describe, expect, test } from '@jest/globals';
import type { Cursor, Ownership } from '../../src/log/kafka/ownership.ts';
import { own } from '../../src/log/kafka/ownership.ts';
import type { LogRecord } from '../../src/log/port.ts';

describe('a partition that is ours', () => {
  test('is paused until `start` has answered, whatever is fetched before', async () => {
    const given = await ours(() => gate.promise);
    given.fetch(0, 0, 5);
    expect(given.moves).toEqual(['pause']);
    expect(given.got).toEqual([]);

    gate.resolve(3);
    await turns();
    expect(given.moves).toEqual(['pause', 'seek 3', 'resume']);
    given.fetch(3, 3, 4);
    expect(given.got).toEqual([3, 4]);
  });

  test('hands over a late fetch once: what was handed over is dropped, the rest is taken', async () => {
    const given = await ours();
    given.fetch(0, 0, 4);
    given.fetch(0, 0, 4);
    given.fetch(0, 0, 2);
    given.fetch(3, 3, 6);
    given.fetch(7, 7, 7);
    expect(given.got).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(given.moves.slice(1)).toEqual(['seek 0', 'resume']);
  });

  test('shows a hole for every offset of a fetch that has no record', async () => {
    const given = await ours();
    given.ownership.take({ partition: 0, fetchedOffset: 0, last: 4, records: [recordAt(1), recordAt(3)] });
    given.ownership.take({ partition: 0, fetchedOffset: 5, last: 6, records: [] });
    expect(given.got).toEqual(['hole 0', 1, 'hole 2', 3, 'hole 4', 'hole 5', 'hole 6']);
  });

  test('sends a consumer back that has skipped something, and says that it is gone when it comes again', async () => {
    const given = await ours();
    given.fetch(0, 0, 4);
    given.fetch(8, 8, 9);
    expect([given.moves.at(-1), given.got.at(-1), given.troubles]).toEqual(['seek 5', 4, []]);
    given.fetch(5, 5, 9);
    expect(given.got).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);

    given.fetch(12, 12, 13);
    given.fetch(12, 12, 13);
    expect(given.troubles).toEqual(['offset 10 of t[0] is not there, the log goes on at 12', 'restart']);
    expect(given.got.at(-1)).toBe(9);
  });

  test('takes nothing while it is paused, and goes on from there', async () => {
    const given = await ours();
    given.fetch(0, 0, 1);
    given.ownership.setPaused(true);
    given.fetch(2, 2, 5);
    expect([given.got, given.moves.at(-1)]).toEqual([[0, 1], 'pause']);
    given.ownership.place();
    expect(given.moves.at(-1)).toBe('pause');
    given.ownership.setPaused(false);
    expect(given.moves.slice(-2)).toEqual(['seek 2', 'resume']);
    given.fetch(2, 2, 5);
    expect(given.got).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('keeps its place over a rebalance, at which the consumer forgets its own', async () => {
    const given = await ours();
    given.fetch(0, 0, 6);
    given.ownership.place();
    expect(given.moves.slice(-2)).toEqual(['seek 7', 'resume']);
  });

  test('that was lost while it started is not touched any more', async () => {
    const late = Promise.withResolvers<number>();
    const given = await ours(() => late.promise);
    given.ownership.end();
    late.resolve(0);
    await turns();
    given.fetch(0, 0, 1);
    expect([given.moves, given.got]).toEqual([['pause'], []]);
  });

  test('is asked anew where it stands when its owner fails to take a delivery', async () => {
    const given = await ours(undefined, () => {
      throw new Error('out of memory');
    });
    given.fetch(0, 0, 1);
    expect(given.troubles).toEqual(['out of memory', 'restart']);
  });
});

const gate = Promise.withResolvers<number>();

interface Given {
  readonly ownership: Ownership;
  /** What the consumer was told. */
  readonly moves: string[];
  /** Offsets handed over. */
  readonly got: (number | string)[];
  /** What went wrong, and `restart` where a new start was asked for. */
  readonly troubles: string[];
  /** A fetch at an offset that gave records from `first` to `last`. */
  fetch(fetchedOffset: number, first: number, last: number): void;
}

async function ours(start: () => Promise<number> = () => Promise.resolve(0), onDeliver?: () => void): Promise<Given> {
  const moves: string[] = [];
  const got: (number | string)[] = [];
  const troubles: string[] = [];
  const cursor: Cursor = {
    seek: (_partition, offset) => moves.push(`seek ${offset}`),
    pause: () => moves.push('pause'),
    resume: () => moves.push('resume'),
  };
  const ownership = own({
    partition: 0,
    paused: false,
    cursor: () => cursor,
    restart: () => troubles.push('restart'),
    follow: {
      topic: 't',
      group: 'g',
      assignment: 'shared',
      start,
      deliver(_partition, records) {
        onDeliver?.();
        got.push(...records.map(({ offset, hole }) => (hole ? `hole ${offset}` : offset)));
      },
      lost: () => undefined,
      trouble: ({ message }) => troubles.push(message),
    },
  });
  await turns();
  const fetch = (fetchedOffset: number, first: number, last: number): void => {
    const records = Array.from({ length: last - first + 1 }, (_, i) => recordAt(first + i));
    ownership.take({ partition: 0, fetchedOffset, last, records });
  };
  return { ownership, moves, got, troubles, fetch };
}

function recordAt(offset: number): LogRecord {
  return { offset, at: 0, key: null, value: null, headers: {}, hole: false };
}

async function turns(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
