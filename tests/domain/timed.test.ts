// What is kept for a span of log time: found for the whole of it, wherever it lies, and freed after it.
import { expect, test } from '@jest/globals';
import { createTimed, find, keep, release, sizeOfTimed } from '../../src/domain/timed.ts';
import type { Store, Timed } from '../../src/domain/timed.ts';

interface Note {
  readonly at: number;
  readonly text: string;
}

const spanS = 100;

function keepAt(timed: Timed<Note>, at: number): void {
  keep(timed, spanS, `note ${at}`, { at, text: `written at ${at}` });
  release(timed, at);
}

test('every value is found up to the end of its span, however many came after it', () => {
  const timed = createTimed<Note>();
  const stepMs = 700;
  for (let now = 0; now <= 400_000; now += stepMs) {
    keepAt(timed, now);
    for (let at = 0; at <= now; at += stepMs) {
      const expected = now < at + spanS * 1000 ? `written at ${at}` : undefined;
      if (find(timed, `note ${at}`, now)?.text !== expected) throw new Error(`note ${at} at ${now}: not ${expected}`);
    }
  }
  expect(sizeOfTimed(timed)).toBeLessThanOrEqual((spanS * 1000 * 1.25) / stepMs + 1);
});

test('a value is freed with the last of its slice, not with the first', () => {
  const timed = createTimed<Note>();
  keepAt(timed, 0);
  keepAt(timed, 24_999);
  release(timed, 124_998);
  expect(sizeOfTimed(timed)).toBe(2);
  release(timed, 124_999);
  expect(sizeOfTimed(timed)).toBe(0);
});

test('a span that is used no more leaves nothing behind', () => {
  const timed = createTimed<Note>();
  for (let seconds = 1; seconds <= 50; seconds += 1) keep(timed, seconds, 'note', { at: 0, text: 'short' });
  release(timed, 30_000);
  expect([...timed.spans.keys()].every((seconds) => seconds > 30)).toBe(true);
});

test('a slice is closed when it is full', () => {
  const stores: Store<Note>[] = [];
  const timed = createTimed<Note>(() => {
    const notes = new Map<string, Note>();
    const full = { size: 1_048_576, get: notes.get.bind(notes), set: notes.set.bind(notes), entries: () => notes };
    stores.push(full);
    return full;
  });
  keepAt(timed, 0);
  keepAt(timed, 1);
  expect(stores).toHaveLength(2);
  expect(find(timed, 'note 0', 1)?.at).toBe(0);
});

test('an earlier value is found where the latest does not match', () => {
  const timed = createTimed<Note>();
  keep(timed, 100, 'note', { at: 0, text: 'first' });
  keep(timed, 50, 'note', { at: 1, text: 'second' });
  expect(find(timed, 'note', 2, ({ text }) => text === 'first')?.at).toBe(0);
  expect(find(timed, 'note', 2, ({ text }) => text === 'second')?.at).toBe(1);
  expect(find(timed, 'note', 2, ({ text }) => text === 'third')).toBeUndefined();
});
