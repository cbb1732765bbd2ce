// An API instance hears what became of its own commands, only from records that count, with the place of the last event.
import { describe, expect, test } from '@jest/globals';
import type { CommandRecord } from '../../schemas/records.ts';
import { decideBatch } from '../../src/log/batch.ts';
import type { Outcome } from '../../src/log/client-port.ts';
import type { RunningClient } from '../../src/log/client.ts';
import { startLedgerClient } from '../../src/log/client.ts';
import { positionOf } from '../../src/log/journal.ts';
import type { MemoryLog } from '../../src/log/memory/memory-log.ts';
import type { Log } from '../../src/log/port.ts';
import { LogError } from '../../src/log/port.ts';
import { realPace } from '../../src/platform/pace.ts';
import {
  codec,
  contextOf,
  create,
  inject,
  journalOf,
  memoryLog,
  noon,
  open,
  place,
  plainReading,
  queued,
  readAll,
  thrownBy,
  topics,
  turn,
  until,
  uuid,
} from './fixture.ts';

const me = uuid(70);
const other = uuid(71);

interface Listening {
  readonly client: RunningClient;
  readonly heard: Outcome[];
  readonly troubles: unknown[];
}

async function start(log: Log, partitions = 1): Promise<Listening> {
  const troubles: unknown[] = [];
  const client = await startLedgerClient({
    ...{ log, topics, partitions, instanceId: me, encode: codec.encode, reading: plainReading(), pace: realPace },
    ...{
      group: 'api-under-test',
      sendRecordsMax: 100,
      sendBytesMax: 100_000,
      trouble: (error: unknown) => troubles.push(error),
    },
  });
  const heard: Outcome[] = [];
  client.onOutcome((outcome) => heard.push(outcome));
  return { client, heard, troubles };
}

/** Decides commands and appends their events, so that they count or, moved by `astray`, do not. */
async function decide(log: MemoryLog, commands: readonly CommandRecord[], astray = 0): Promise<void> {
  const journal = journalOf(log);
  await journal.catchUp();
  const { records, events } = decideBatch(contextOf(journal), queued(commands, journal.progress() + 1));
  const stated = records.map((record, i) => {
    const l = positionOf(journal.end() + i + astray, events[i]?.meta.reply_to ?? []);
    return { ...record, headers: { l } };
  });
  inject(log, stated);
}

function short({ partition, event, position }: Outcome): string {
  return `${partition}: ${event.type} of ${event.meta.command_offset} at ${event.offset}, whole at ${position}`;
}

describe('a client sends', () => {
  test('the trace context of a request along with its command, where it has one', async () => {
    const log = memoryLog();
    await open(log);
    const { client } = await start(log);
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await client.submit(0, create(1, 'apple', 9), traceparent);
    await client.submit(0, create(2, 'pear', 9));
    const sent = (await readAll(log, topics.commands)).map(({ headers }) => headers['traceparent']?.toString());
    expect(sent).toEqual([traceparent, undefined]);
    await client.stop();
  });
});

describe('a client hears', () => {
  test('the answers to its own commands and no others', async () => {
    const log = memoryLog();
    await open(log);
    const { client, heard, troubles } = await start(log);
    await decide(log, [
      create(1, 'apple', 9, { reply_to: other }),
      place(2, ['apple'], { reply_to: me }),
      place(3, ['apple'], { reply_to: other }),
      place(4, ['apple']),
      create(5, 'apple', 9, { reply_to: me }),
    ]);
    await until('it heard two', () => heard.length === 2);
    for (let i = 0; i < 20; i += 1) await turn();
    expect(heard.map(short)).toEqual([
      '0: OrderAccepted of 1 at 3, whole at 3',
      '0: CommandRefused of 4 at 8, whole at 8',
    ]);
    expect(troubles).toEqual([]);
    await client.stop();
  });

  test('of an append of its own process once, whichever of writer and journal is first', async () => {
    const log = memoryLog();
    await open(log);
    const { client, heard } = await start(log);
    const journal = journalOf(log);
    await journal.catchUp();
    const asked = [create(1, 'apple', 9, { reply_to: me }), place(2, ['apple'], { reply_to: me })];
    const { events } = decideBatch(contextOf(journal), queued(asked, 0));
    const batch = { partition: 0, base: journal.end(), events };
    client.appended(batch);
    const wanted = ['0: ProductCreated of 0 at 1, whole at 1', '0: OrderAccepted of 1 at 3, whole at 3'];
    expect(heard.map(short)).toEqual(wanted);
    await decide(log, asked);
    await decide(log, [place(3, ['apple'], { reply_to: me })]);
    await until('the journal brought the third', () => heard.length >= 3);
    client.appended(batch);
    expect(heard.map(short)).toEqual([...wanted, '0: OrderAccepted of 2 at 5, whole at 5']);
    await client.stop();
  });

  test('where the command ends, when it is not the last event that answers', async () => {
    const log = memoryLog();
    await open(log);
    const { client, heard } = await start(log);
    const order = place(3, ['apple', 'pear']);
    const order_id = order.type === 'PlaceOrder' ? order.data.order_id : '';
    const cancel: CommandRecord = {
      type: 'CancelOrder',
      data: { order_id, expected_version: null, reason: null },
      meta: { ...order.meta, command_id: uuid(4), reply_to: me },
    };
    await decide(log, [create(1, 'apple', 9), create(2, 'pear', 9), order, cancel]);
    await until('it heard one', () => heard.length === 1);
    expect(heard.map(short)).toEqual(['0: OrderCancelled of 3 at 6, whole at 8']);
    await client.stop();
  });

  test('nothing from void records, however they name it', async () => {
    const log = memoryLog();
    await open(log);
    const { client, heard } = await start(log);
    await decide(log, [create(1, 'apple', 9, { reply_to: me })], 1);
    log.inject(topics.events, 0, ['hole', { value: null, headers: {} }]);
    await decide(log, [create(2, 'pear', 9, { reply_to: me })]);
    await until('it heard one', () => heard.length > 0);
    expect(heard.map(short)).toEqual(['0: ProductCreated of 0 at 4, whole at 4']);
    expect(heard[0]?.event).toMatchObject({ data: { product_id: 'pear' } });
    await client.stop();
  });

  test('nothing from before its start', async () => {
    const log = memoryLog();
    await open(log);
    await decide(log, [create(1, 'apple', 9, { reply_to: me })]);
    const { client, heard } = await start(log);
    expect(client.startEnds).toEqual(new Map([[0, 2]]));
    await decide(log, [create(2, 'pear', 9, { reply_to: me })]);
    await until('it heard one', () => heard.length > 0);
    expect(heard.map(({ event }) => event.offset)).toEqual([2]);
    await client.stop();
  });
});

describe('a client sends', () => {
  test('a command to the partition named, keyed by its product, an order by its smallest', async () => {
    const log = memoryLog({}, 2);
    await open(log, 2);
    const { client } = await start(log, 2);
    const order = place(3, ['pear', 'apple']);
    const answers = [
      await client.submit(1, create(1, 'pear', 1)),
      await client.submit(1, order),
      await client.submit(0, create(2, 'plum', 1)),
    ];
    expect(answers).toEqual([{ offset: 0 }, { offset: 1 }, { offset: 0 }]);
    const sent = await readAll(log, topics.commands, 1);
    expect(sent.map(({ key }) => Buffer.from(key ?? []).toString())).toEqual(['pear', 'apple']);
    expect(codec.decode(sent[1]?.value ?? Buffer.alloc(0))).toMatchObject({
      kind: 'command',
      record: { data: { order_id: uuid(1_003) } },
    });
    await client.stop();
    expect(await thrownBy(client.submit(0, order))).toMatchObject({ code: 'unavailable' });
  });
});

describe('a client', () => {
  test('knows the time of the broker and is ready once it hears every partition', async () => {
    const log = memoryLog({}, 2);
    await open(log, 2);
    const { client } = await start(log, 2);
    await until('it is ready', () => client.ready());
    expect(client.brokerNow()).toBeGreaterThanOrEqual(noon);
    expect(client.brokerNow()).toBeLessThan(noon + 60_000);
    await client.stop();
    expect(client.ready()).toBe(false);
  });

  test('does not start without a broker, and says so', async () => {
    const log = memoryLog();
    const away: Log = { ...log, openAppender: () => Promise.reject(new LogError('unavailable', 'away')) };
    expect(await thrownBy(start(away))).toMatchObject({ code: 'unavailable' });
  });
});
