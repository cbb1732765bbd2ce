// How long the turns of the event loop took: a long one is told, and forgotten when it is long ago.
import { expect, test } from '@jest/globals';
import { watchEventLoop } from '../../src/platform/event-loop.ts';
import { eventually } from '../support/servers.ts';

const longMs = 1_500;

test('a long turn is told while it is recent, and no longer', async () => {
  const eventLoopMs = watchEventLoop(200);
  // The first turn has none before it to be measured from.
  await eventually(() => eventLoopMs() > 0, { withinMs: 10_000, what: 'a turn measured' });
  const until = performance.now() + longMs;
  const block = (): boolean => {
    while (performance.now() < until);
    return true;
  };
  await eventually(block, { withinMs: 10_000 });
  await eventually(() => eventLoopMs() >= longMs / 2, { withinMs: 10_000, what: 'the long turn told' });
  const isForgotten = (): boolean => eventLoopMs() < longMs / 2;
  expect(await eventually(isForgotten, { withinMs: 25_000, what: 'the long turn forgotten' })).toBe(true);
}, 60_000);
