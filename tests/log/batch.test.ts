// What one batch holds: where its records belong, where it is cut, and what becomes of what is no command.
import { describe, expect, test } from '@jest/globals';
import type { CommandRecord } from '../../schemas/records.ts';
import type { State } from '../../src/domain/decider.ts';
import type { Batch, QueuedCommand } from '../../src/log/batch.ts';
import { decideBatch } from '../../src/log/batch.ts';
import { counts } from '../../src/log/journal.ts';
import type { LogRecord, OutgoingRecord } from '../../src/log/port.ts';
import { codec, contextOf, create, noon, opened, place, queued, tell, theDecider, topics, uuid } from './fixture.ts';

const limits = { recordsMax: 1_000, bytesMax: 900_000, msMax: 200 };
const overheadBytes = 256;
const twoProducts = [create(1, 'apple', 2), create(2, 'pear', 9)];

async function decided(commands: readonly QueuedCommand[], some: Partial<typeof limits> = {}): Promise<Batch<State>> {
  const { journal } = await opened();
  return decideBatch(contextOf(journal, { limits: { ...limits, ...some } }), commands);
}

/** A record as it would lie at an offset. */
function at(offset: number, { key, value, headers = {} }: OutgoingRecord): LogRecord {
  return { offset, at: noon, key: key === null ? null : Buffer.from(key), value, headers, hole: false };
}

function bytesOf(records: readonly OutgoingRecord[]): number {
  return records.reduce((sum, { value }) => sum + (value?.length ?? 0) + overheadBytes, 0);
}

describe('a batch', () => {
  test('states for each record the offset behind the one before, from the end of the journal', async () => {
    const { records } = await decided(queued([...twoProducts, place(3, ['apple', 'pear'])]));
    expect(records).toHaveLength(5);
    expect(records.every((record, i) => counts(at(1 + i, record)))).toBe(true);
    expect(records.some((record, i) => counts(at(2 + i, record)))).toBe(false);
  });

  test('is keyed by the product, an order by its smallest one', async () => {
    const { records } = await decided(queued([...twoProducts, place(3, ['pear', 'apple'])]));
    expect(records.map(({ key }) => key)).toEqual(['apple', 'pear', 'pear', 'apple', 'apple']);
  });

  test('decides each command on what those before it left', async () => {
    const orders = [3, 4, 5].map((n) => place(n, ['apple']));
    const { events } = await decided(queued([...twoProducts, ...orders]));
    expect(tell(events).slice(2)).toEqual([
      '2 StockHeld',
      '2 OrderAccepted',
      '3 StockHeld',
      '3 OrderAccepted',
      '4 OrderRefused',
    ]);
  });

  test('leaves the state as it was until it is settled', async () => {
    const { journal } = await opened();
    const commands = queued([...twoProducts, place(3, ['apple'])]);
    const once = decideBatch(contextOf(journal), commands);
    const again = decideBatch(contextOf(journal), commands);
    expect(tell(again.events)).toEqual(tell(once.events));
  });

  test('says in every event which command it is of, and in the answering one for whom', async () => {
    const { events } = await decided(queued([...twoProducts, place(3, ['apple'], { reply_to: uuid(77) })]));
    const [held, accepted] = events.slice(2).map(({ meta }) => meta);
    expect(held).toMatchObject({ command_offset: 2, index: 0, count: 2, answers: null, reply_to: [], remember: null });
    expect(accepted).toMatchObject({ command_offset: 2, index: 1, count: 2, answers: uuid(3), reply_to: [uuid(77)] });
    expect(accepted).toMatchObject({ placed_at: 2, at: noon, remember: { for_s: 86_400 }, sent: -1 });
  });

  test.each(['nobody', '', uuid(1).slice(1), `${uuid(1)}00`, 'ab'.repeat(100)])(
    'answers nobody where reply_to is %j, and stands',
    async (reply_to) => {
      const { events, records } = await decided(queued([create(1, 'apple', 1, { reply_to })]));
      expect(tell(events)).toEqual(['0 ProductCreated']);
      expect(records.map((record) => counts(at(1, record)))).toEqual([true]);
    },
  );

  test('has log time that never runs backwards', async () => {
    const times = [noon + 5, noon - 5, noon + 1];
    const items: (CommandRecord | null)[] = [...twoProducts, null];
    const commands = queued(items).map((command, i) => ({ ...command, at: times[i] ?? 0 }));
    const { events } = await decided(commands);
    expect(events.map(({ meta }) => meta.at)).toEqual([noon + 5, noon + 5, noon + 5]);
  });
});

describe('a batch is cut', () => {
  const orders = [3, 4, 5].map((n) => place(n, ['pear']));
  const commands = queued([...twoProducts, ...orders]);

  test.each([
    [8, 5],
    [7, 4],
    [6, 4],
    [5, 3],
    [2, 2],
    [1, 1],
  ])('at %i records after %i commands, and no command is split', async (recordsMax, expected) => {
    const batch = await decided(commands, { recordsMax });
    expect(batch.commands).toBe(expected);
    expect(batch.records.length).toBeLessThanOrEqual(recordsMax);
    const last = batch.events.at(-1)?.meta;
    expect(last).toMatchObject({ command_offset: expected - 1, index: (last?.count ?? 0) - 1 });
  });

  test('below its bytes, to the byte', async () => {
    const bytes = bytesOf((await decided(commands)).records);
    expect((await decided(commands, { bytesMax: bytes })).commands).toBe(5);
    expect((await decided(commands, { bytesMax: bytes - 1 })).commands).toBe(4);
  });

  test('when deciding took too long, but never before the first command', async () => {
    const { journal } = await opened();
    let now = 0;
    const slow = { limits, now: () => (now += 150) };
    expect(decideBatch(contextOf(journal, slow), commands).commands).toBe(2);
    const slower = { limits, now: () => (now += 10_000) };
    expect(decideBatch(contextOf(journal, slower), commands).commands).toBe(1);
  });

  test('a command whose events alone are too many is refused too_large, and not remembered', async () => {
    const wide = place(3, ['apple', 'pear']);
    const { journal } = await opened();
    const settled = decideBatch(contextOf(journal), queued(twoProducts));
    journal.accept(settled.overlay, settled.events);
    const context = contextOf(journal, { limits: { ...limits, recordsMax: 2 } });
    const next = decideBatch(context, queued([wide, place(4, ['pear'])], 2));
    expect(tell(next.events)).toEqual(['2 CommandRefused too_large']);
    expect(next.events[0]?.meta).toMatchObject({ answers: uuid(3), remember: null, count: 1 });
  });

  test('a command whose events alone have too many bytes is refused too_large', async () => {
    const { events } = await decided(queued([create(1, 'a'.repeat(3_000), 1), create(2, 'pear', 1)]), {
      bytesMax: 3_000,
    });
    expect(tell(events)).toEqual(['0 CommandRefused too_large', '1 ProductCreated']);
  });
});

describe('what is no command', () => {
  test('a hole is refused no_record at the log time so far', async () => {
    const { events, failures } = await decided(queued([create(1, 'apple', 1), null, create(2, 'pear', 1)]));
    expect(tell(events)).toEqual(['0 ProductCreated', '1 CommandRefused no_record', '2 ProductCreated']);
    expect(events[1]?.meta).toMatchObject({ at: noon, answers: null, reply_to: [] });
    expect(failures).toEqual([]);
  });

  test('poison is refused with the reason, and answers nobody', async () => {
    const { events, commands } = await decided(queued(['gibberish', create(1, 'apple', 1)]));
    expect(tell(events)).toEqual(['0 CommandRefused poison', '1 ProductCreated']);
    expect(events[0]).toMatchObject({ data: { detail: 'Not a command: gibberish.' }, meta: { answers: null } });
    expect(commands).toBe(2);
  });
});

describe('a command on which the decider throws', () => {
  const bug = new Error('a bug');
  const faulty = {
    ...theDecider,
    decide: (...[state, command]: Parameters<typeof theDecider.decide>) => {
      if (command.meta.command_id === uuid(13)) throw bug;
      return theDecider.decide(state, command);
    },
  };

  test('is refused internal_error, told, and not remembered; the batch goes on', async () => {
    const { journal } = await opened();
    const commands = queued([create(1, 'apple', 1), place(13, ['apple']), place(3, ['apple'])]);
    const { events, failures } = decideBatch(contextOf(journal, { decider: faulty }), commands);
    expect(tell(events)).toEqual([
      '0 ProductCreated',
      '1 CommandRefused internal_error',
      '2 StockHeld',
      '2 OrderAccepted',
    ]);
    expect(events[1]?.meta).toMatchObject({ answers: uuid(13), remember: null });
    expect(failures).toEqual([{ offset: 1, traceId: expect.any(String), error: bug }]);
  });

  test('is told of only by the batch that it is in', async () => {
    const { journal } = await opened();
    const context = contextOf(journal, { decider: faulty, limits: { ...limits, recordsMax: 1 } });
    const { commands, failures } = decideBatch(context, queued([create(1, 'apple', 1), place(13, ['apple'])]));
    expect({ commands, failures }).toEqual({ commands: 1, failures: [] });
  });
});

test('records of a batch are read as the events that were decided', async () => {
  const { log, journal } = await opened();
  const batch = decideBatch(contextOf(journal), queued([...twoProducts, place(3, ['apple'])]));
  const appender = await log.openAppender();
  await appender.append(topics.events, new Map([[0, batch.records]]));
  await journal.catchUp();
  expect(batch.records.map(({ value }) => codec.decode(value ?? Buffer.alloc(0)))).toEqual(
    batch.events.map(({ type, data, meta }) =>
      expect.objectContaining({ record: expect.objectContaining({ type, data: expect.objectContaining(data), meta }) }),
    ),
  );
  expect(journal.progress()).toBe(2);
});
