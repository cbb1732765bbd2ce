// The last event that counts, found from the end of the journal backwards.
import { expect, test } from '@jest/globals';
import { positionHeader, positionOf } from '../../src/log/journal.ts';
import type { MemoryLog } from '../../src/log/memory/memory-log.ts';
import { lastEvent } from '../../src/log/progress.ts';
import { codec, contextOf, create, inject, memoryLog, opened, plainReading, queued, topics } from './fixture.ts';
import { decideBatch } from '../../src/log/batch.ts';

const loose = { key: null, value: Buffer.from('nothing of ours') };

async function last(log: MemoryLog) {
  const ends = (await log.ends(topics.events)).get(0) ?? { low: 0, high: 0 };
  return lastEvent({ log, topic: topics.events, reading: plainReading() }, 0, ends);
}

test('an empty journal has none; after genesis it is genesis', async () => {
  expect(await last(memoryLog())).toBeNull();
  const { log } = await opened();
  expect(await last(log)).toMatchObject({ type: 'LedgerOpened', offset: 0, meta: { command_offset: -1 } });
});

test.each([0, 1, 15, 16, 17, 200])('behind it may lie %d records that count for nothing', async (voids) => {
  const { log, journal } = await opened();
  const [event] = decideBatch(contextOf(journal), queued([create(1, 'apple', 5)])).events;
  if (event === undefined) throw new Error('nothing was decided');
  inject(log, [
    loose,
    { key: null, value: codec.encode(event), headers: { [positionHeader]: positionOf(2, []) } },
    ...Array.from({ length: voids }, () => loose),
  ]);
  expect(await last(log)).toMatchObject({ type: 'ProductCreated', offset: 2, meta: { command_offset: 0 } });
});

test('one that counts and cannot be read is an alarm', async () => {
  const { log } = await opened();
  inject(log, [{ ...loose, headers: { [positionHeader]: positionOf(1, []) } }]);
  await expect(last(log)).rejects.toMatchObject({ code: 'undecodable' });
});
