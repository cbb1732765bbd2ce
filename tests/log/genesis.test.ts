// A ledger is opened once: again, or from two sides at once, changes nothing; another one's journal is refused.
import { describe, expect, test } from '@jest/globals';
import { checkGenesis } from '../../src/log/genesis.ts';
import { positionOf } from '../../src/log/journal.ts';
import type { Fault, MemoryLog } from '../../src/log/memory/memory-log.ts';
import {
  codec,
  create,
  eventOf,
  history,
  memoryLog,
  open,
  plainReading,
  readAll,
  thrownBy,
  topics,
  uuid,
} from './fixture.ts';

const partitions = 3;

async function ids(log: MemoryLog): Promise<string[]> {
  const found = await Promise.all([0, 1, 2].map((partition) => history(log, partition)));
  return found.map((events) =>
    events.map((event) => (event.type === 'LedgerOpened' ? event.data.ledger_id : '?')).join(),
  );
}

function check(log: MemoryLog, expected = partitions): Promise<string> {
  return checkGenesis({ log, topic: topics.events, partitions: expected, reading: plainReading() });
}

describe('opening a ledger', () => {
  test('writes genesis at offset 0 of every partition', async () => {
    const log = memoryLog({}, partitions);
    expect(await open(log, partitions, uuid(1))).toBe(uuid(1));
    expect(await ids(log)).toEqual([uuid(1), uuid(1), uuid(1)]);
    const [record] = await readAll(log, topics.events, 2);
    const { type, data, meta } = record === undefined ? { type: '', data: {}, meta: {} } : eventOf(record);
    expect({ type, data, meta }).toMatchObject({
      type: 'LedgerOpened',
      data: { ledger_id: uuid(1), partitions },
      meta: { command_offset: -1, index: 0, count: 1, answers: null },
    });
  });

  test('again changes nothing and answers the first id', async () => {
    const log = memoryLog({}, partitions);
    await open(log, partitions, uuid(1));
    expect(await open(log, partitions, uuid(2))).toBe(uuid(1));
    expect(await ids(log)).toEqual([uuid(1), uuid(1), uuid(1)]);
  });

  test('from several sides at once makes one ledger', async () => {
    const log = memoryLog({}, partitions);
    const answers = await Promise.all([1, 2, 3, 4].map((n) => open(log.client(), partitions, uuid(n))));
    expect(new Set(answers).size).toBe(1);
    expect(await ids(log)).toEqual(Array.from({ length: partitions }, () => answers[0]));
    expect(await check(log)).toBe(answers[0]);
  });

  test.each<[string, Fault]>([
    ['the answer was lost', 'lose_answer'],
    ['the request was lost', 'lose_request'],
    ['it lands late', { landAfter: 30 }],
  ])('can be done again after %s', async (_, fault) => {
    const log = memoryLog({}, partitions);
    const faults = [fault, 'none' as const];
    expect(
      await thrownBy(open(log.client({ faults: () => faults.shift() ?? 'none' }), partitions, uuid(1))),
    ).toMatchObject({ code: 'unknown' });
    const id = await open(log, partitions, uuid(2));
    expect([uuid(1), uuid(2)]).toContain(id);
    expect(await check(log)).toBe(id);
  });
});

describe('a journal is refused', () => {
  test.each([2, 4])('when it was opened with another partition count than %i', async (expected) => {
    const log = memoryLog({}, partitions);
    await open(log, partitions);
    expect(await thrownBy(check(log, expected))).toMatchObject({ code: 'wrong_ledger' });
    expect(await thrownBy(open(log, expected))).toMatchObject({ code: 'wrong_ledger' });
  });

  test('when it has more partitions than it was opened with, and nothing is written into the new ones', async () => {
    const log = memoryLog({}, partitions);
    await open(log, partitions);
    const [first] = await readAll(log, topics.events);
    const grown = memoryLog({}, partitions + 1);
    grown.inject(topics.events, 0, [{ value: first?.value ?? null, headers: { l: positionOf(0, []) } }]);
    expect(await thrownBy(open(grown, partitions + 1))).toMatchObject({
      code: 'wrong_ledger',
      message: 'partition 0: the ledger was opened with 3 partitions, the topic has 4, the configuration says 4',
    });
    expect(await readAll(grown, topics.events, 3)).toEqual([]);
  });

  test('when a partition was never opened', async () => {
    expect(await thrownBy(check(memoryLog({}, partitions)))).toMatchObject({ code: 'wrong_ledger' });
  });

  const command = codec.encode(create(1, 'apple', 1));
  test.each<[string, Uint8Array | null, Uint8Array | null, string]>([
    ['a record that states nothing', Buffer.from('x'), null, 'wrong_ledger'],
    ['a record that states another offset', Buffer.from('x'), positionOf(1, []), 'wrong_ledger'],
    ['a command', command, positionOf(0, []), 'undecodable'],
    ['gibberish', Buffer.from('x'), positionOf(0, []), 'undecodable'],
  ])('when its first record is %s', async (_, value, l, code) => {
    const log = memoryLog({}, partitions);
    log.inject(topics.events, 0, [{ value, headers: l === null ? {} : { l } }]);
    expect(await thrownBy(open(log, partitions))).toMatchObject({ code });
    expect(await readAll(log, topics.events, 1)).toEqual([]);
  });

  test('when its partitions belong to two ledgers', async () => {
    const log = memoryLog({}, partitions);
    const other = memoryLog({}, partitions);
    await open(other, partitions, uuid(2));
    const [stray] = await readAll(other, topics.events);
    log.inject(topics.events, 1, [{ value: stray?.value ?? null, headers: { l: positionOf(0, []) } }]);
    expect(await thrownBy(open(log, partitions, uuid(1)))).toMatchObject({
      code: 'wrong_ledger',
      partition: 1,
      message: expect.stringContaining(uuid(2)),
    });
  });
});
