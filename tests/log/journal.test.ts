// The canonical rule and the density of what counts, each as a table; then the fold of one partition.
import { describe, expect, test } from '@jest/globals';
import type { EventRecord } from '../../schemas/records.ts';
import { answersAt, counts, mayFollow, positionOf, uuidToBytes } from '../../src/log/journal.ts';
import type { LogRecord, OutgoingRecord } from '../../src/log/port.ts';
import { decideBatch } from '../../src/log/batch.ts';
import {
  codec,
  contextOf,
  create,
  inject,
  journalOf,
  memoryLog,
  noon,
  open,
  opened,
  place,
  queued,
  thrownBy,
  topics,
  uuid,
} from './fixture.ts';

type Header = LogRecord['headers'][string];

function recordAt(offset: number, l: Header, hole = false): LogRecord {
  return { offset, at: noon, key: null, value: null, headers: l === undefined ? {} : { l }, hole };
}

/** The header as its definition says, not as the code writes it. */
function stated(offset: bigint, more = 0): Buffer {
  const header = Buffer.alloc(8 + more);
  header.writeBigUInt64BE(offset, 0);
  return header;
}

describe('a record of the journal', () => {
  test.each<[string, LogRecord, boolean]>([
    ['states its own offset', recordAt(5, stated(5n)), true],
    ['states offset 0', recordAt(0, stated(0n)), true],
    ['states its own offset and names 8 waiters', recordAt(5, stated(5n, 8 * 16)), true],
    ['states an offset above 2^32', recordAt(2 ** 32 + 5, stated(2n ** 32n + 5n)), true],
    ['states its offset less 2^32', recordAt(2 ** 32 + 5, stated(5n)), false],
    ['states the largest offset there can be', recordAt(2 ** 53 - 1, stated(2n ** 53n - 1n)), true],
    ['states the offset before', recordAt(5, stated(4n)), false],
    ['states the offset behind', recordAt(5, stated(6n)), false],
    ['states nothing', recordAt(5, undefined), false],
    ['states it twice', recordAt(5, [stated(5n), stated(5n)]), false],
    ['states it in text', recordAt(5, '\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0005'), false],
    ['states it in 7 bytes', recordAt(5, stated(5n).subarray(1)), false],
    ['states it in 9 bytes', recordAt(5, stated(5n, 1)), false],
    ['names half a waiter', recordAt(5, stated(5n, 24)), false],
    ['names 9 waiters', recordAt(5, stated(5n, 9 * 16)), false],
    ['has an empty header', recordAt(5, Buffer.alloc(0)), false],
    ['is a hole', recordAt(5, stated(5n), true), false],
  ])('that %s', (_, record, isCounted) => {
    expect(counts(record)).toBe(isCounted);
  });

  test.each([0, 7, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 3, 2 ** 53 - 1])(
    'is written for offset %d as it is read',
    (offset) => {
      const header = positionOf(offset, [uuid(1), uuid(2)]);
      expect(Buffer.from(header.subarray(0, 8))).toEqual(stated(BigInt(offset)));
      expect(header).toHaveLength(8 + 2 * 16);
    },
  );

  test('answers at the instances that it names and at no other', () => {
    const record = recordAt(0, Buffer.from(positionOf(0, [uuid(1), uuid(2)])));
    const answered = [1, 2, 3].filter((n) => answersAt(record, uuidToBytes(uuid(n))));
    expect(answered).toEqual([1, 2]);
    expect(answersAt(recordAt(0, undefined), uuidToBytes(uuid(1)))).toBe(false);
  });
});

describe('after what is counted may come', () => {
  const placeOf = (command_offset: number, index: number, count: number) => ({ command_offset, index, count });
  test.each<[string, [number, number, number] | null, [number, number, number], boolean]>([
    ['genesis in an empty journal', null, [-1, 0, 1], true],
    ['a command in an empty journal', null, [0, 0, 1], false],
    ['the first command after genesis', [-1, 0, 1], [0, 0, 1], true],
    ['genesis after genesis', [-1, 0, 1], [-1, 0, 1], false],
    ['the next command after a whole one', [4, 1, 2], [5, 0, 3], true],
    ['the next event of the same command', [4, 0, 2], [4, 1, 2], true],
    ['the next command inside one', [4, 0, 2], [5, 0, 1], false],
    ['the next event of another command', [4, 0, 2], [5, 1, 2], false],
    ['the same event again', [4, 0, 2], [4, 0, 2], false],
    ['the event after the next', [4, 0, 3], [4, 2, 3], false],
    ['an event of the same command that counts them differently', [4, 0, 2], [4, 1, 3], false],
    ['the command after the next', [4, 1, 2], [6, 0, 1], false],
    ['the same command again', [4, 1, 2], [4, 0, 2], false],
    ['an earlier command', [4, 1, 2], [3, 0, 1], false],
    ['the next command from its second event', [4, 1, 2], [5, 1, 2], false],
    ['an event beyond its own count', [4, 1, 2], [5, 0, 0], false],
  ])('%s', (_, before, after, may) => {
    expect(mayFollow(before === null ? null : placeOf(...before), placeOf(...after))).toBe(may);
  });
});

/** Two products and an order of both, as a writer would append them behind genesis. */
async function threeCommands() {
  const { log, journal } = await opened();
  const records = [create(1, 'apple', 5), create(2, 'pear', 5), place(3, ['apple', 'pear'])];
  return { log, journal, batch: decideBatch(contextOf(journal), queued(records)) };
}

describe('the fold of a partition', () => {
  test('passes over void records and says how many', async () => {
    const { log, journal, batch } = await threeCommands();
    const stray: OutgoingRecord = { key: null, value: Buffer.from('no Avro'), headers: { l: positionOf(99, []) } };
    log.inject(topics.events, 0, ['hole']);
    const moved = batch.records.map((record, i) => ({ ...record, headers: { l: positionOf(3 + i, []) } }));
    inject(log, [stray, ...moved, stray]);
    await journal.catchUp();
    expect({ end: journal.end(), progress: journal.progress(), void: journal.tally().void }).toEqual({
      end: 9,
      progress: 2,
      void: 2,
    });
    expect(journal.tally().counted).toBe(6);
    expect(journal.last()).toMatchObject({ command_offset: 2, index: 2, count: 3, command_id: uuid(3) });
  });

  test('goes on from where it was', async () => {
    const { log, journal, batch } = await threeCommands();
    inject(log, batch.records.slice(0, 2));
    await journal.catchUp();
    expect([journal.progress(), journal.end()]).toEqual([1, 3]);
    inject(log, batch.records.slice(2));
    await journal.catchUp();
    expect([journal.progress(), journal.end()]).toEqual([2, 6]);
  });

  test('finds a gap where a counted record is missing', async () => {
    const { log, journal, batch } = await threeCommands();
    const [first, , ...rest] = batch.records;
    const moved = rest.map((record, i) => ({ ...record, headers: { l: positionOf(2 + i, []) } }));
    inject(log, first === undefined ? [] : [first, ...moved]);
    expect(await thrownBy(journal.catchUp())).toMatchObject({
      code: 'journal_broken',
      message: expect.stringContaining('is followed at offset 2 by event 1 of 3 of command 2'),
    });
  });

  test('ends nowhere inside a command', async () => {
    const { log, journal, batch } = await threeCommands();
    inject(log, batch.records.slice(0, 4));
    expect(await thrownBy(journal.catchUp())).toMatchObject({
      code: 'journal_broken',
      message: expect.stringContaining('ends inside command 2'),
    });
    inject(log, batch.records.slice(4));
    await journal.catchUp();
    expect(journal.progress()).toBe(2);
  });

  test('does not begin without genesis', async () => {
    const journal = journalOf(memoryLog());
    expect(await thrownBy(journal.catchUp())).toMatchObject({ code: 'journal_broken' });
    expect(journal.progress()).toBe(-2);
  });

  test('refuses a ledger of another partition count', async () => {
    const log = memoryLog();
    await open(log);
    expect(await thrownBy(journalOf(log, 4).catchUp())).toMatchObject({ code: 'wrong_ledger' });
  });

  test('notices that the journal shrank', async () => {
    const { log, journal, batch } = await threeCommands();
    inject(log, batch.records);
    await journal.catchUp();
    log.cut(topics.events, 0, { high: 3 });
    expect(await thrownBy(journal.catchUp())).toMatchObject({ code: 'journal_shrank' });
  });

  test('stops at a counted record that is no event', async () => {
    const { log, journal } = await opened();
    inject(log, [{ key: null, value: Buffer.from('no Avro'), headers: { l: positionOf(1, []) } }]);
    expect(await thrownBy(journal.catchUp())).toMatchObject({ code: 'undecodable' });
    expect(journal.end()).toBe(1);
  });

  test('has the largest time so far as its log time', async () => {
    const { log, journal, batch } = await threeCommands();
    const dated = [30, 20, 10].map((at, i): EventRecord | undefined => {
      const event = batch.events[i];
      return event && { ...event, meta: { ...event.meta, command_offset: i, index: 0, count: 1, at } };
    });
    inject(
      log,
      dated.flatMap((event, i) =>
        event === undefined ? [] : [{ key: null, value: codec.encode(event), headers: { l: positionOf(1 + i, []) } }],
      ),
    );
    await journal.catchUp();
    expect([journal.time(), journal.last()?.at]).toEqual([30, 10]);
  });
});
