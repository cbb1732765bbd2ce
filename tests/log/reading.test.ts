// What bytes are: the registry is asked for ids that are not known, an outage is waited out, and only what can never
// become a command is poison.
import { describe, expect, test } from '@jest/globals';
import { createCodec } from '../../schemas/codec.ts';
import { released } from '../../schemas/generated.ts';
import { SchemaError } from '../../schemas/registry.ts';
import type { LogRecord } from '../../src/log/port.ts';
import type { Reading } from '../../src/log/reading.ts';
import { createReading } from '../../src/log/reading.ts';
import { codec, create, fakePace, noon, opened, plainReading, readAll, thrownBy, topics } from './fixture.ts';

const foreign = {
  type: 'record',
  name: 'RecallProduct',
  namespace: 'ledger',
  fields: [{ name: 'why', type: 'string' }],
};
const schemas = new Map([
  [1, released.find(({ name }) => name === 'AdjustStock')?.schema ?? ''],
  [90, released.find(({ name }) => name === 'CreateProduct')?.schema ?? ''],
  [91, JSON.stringify(foreign)],
  [92, released.find(({ name }) => name === 'LedgerOpened')?.schema ?? ''],
]);

function recordOf(value: Uint8Array | null): LogRecord {
  return { offset: 7, at: noon, key: null, value, headers: {}, hole: false };
}

/** A record under a schema id that the codec was never told of. */
function under(id: number, record = codec.encode(create(1, 'apple', 3))): LogRecord {
  const bytes = Buffer.from(record);
  bytes.writeUInt32BE(id, 1);
  return recordOf(bytes);
}

function asking(fetchSchema: (id: number) => Promise<string | null>) {
  const troubles: unknown[] = [];
  const pace = fakePace();
  const ignorant = createCodec(new Map());
  const reading = createReading(ignorant, fetchSchema, pace, (error) => troubles.push(error));
  return { reading, troubles, slept: pace.slept };
}

async function command(reading: Reading, record: LogRecord) {
  return reading.command(3, record);
}

describe('a schema id that is not known', () => {
  test('is asked of the registry, once', async () => {
    const asked: number[] = [];
    const { reading } = asking((id) => {
      asked.push(id);
      return Promise.resolve(schemas.get(id) ?? null);
    });
    for (let i = 0; i < 2; i += 1) {
      expect(await command(reading, under(90))).toMatchObject({
        kind: 'command',
        record: { data: { product_id: 'apple' } },
      });
    }
    expect(asked).toEqual([90]);
    expect(reading.command(3, under(90))).not.toBeInstanceOf(Promise);
  });

  test('is asked again until the registry is back', async () => {
    let outages = 3;
    const away = new Error('away');
    const { reading, troubles, slept } = asking((id) =>
      outages-- > 0 ? Promise.reject(away) : Promise.resolve(schemas.get(id) ?? null),
    );
    expect(await command(reading, under(90))).toMatchObject({ kind: 'command' });
    expect(troubles).toEqual([away, away, away]);
    expect(slept).toEqual([500, 500, 500]);
  });

  test('is not asked on when nobody wants to know any more', async () => {
    const stop = new AbortController();
    const { reading } = asking(() => {
      stop.abort(new Error('lost'));
      return Promise.reject(new Error('away'));
    });
    const read = Promise.resolve(reading.command(3, under(90), stop.signal));
    expect((await thrownBy(read)).message).toBe('lost');
  });
});

describe('on the commands topic', () => {
  const { reading } = asking((id) => Promise.resolve(schemas.get(id) ?? null));

  test('a record type of a later release stops the partition: it is no poison', async () => {
    expect(await thrownBy(command(reading, under(91)))).toMatchObject({
      code: 'unknown_type',
      partition: 3,
      message: expect.stringContaining('the command at offset 7 is a ledger.RecallProduct'),
    });
  });

  test.each<[string, () => Promise<string>]>([
    ['is no Avro', () => Promise.reject(new SchemaError('schema 93 of the registry is no Avro'))],
    ['cannot be read', () => Promise.resolve('{"type":"riddle"}')],
  ])('a registered schema that %s stops the partition: it is none of ours', async (_, fetchSchema) => {
    const { slept, reading: puzzled } = asking(fetchSchema);
    expect(await thrownBy(command(puzzled, under(93)))).toMatchObject({ code: 'unknown_type', partition: 3 });
    expect(slept).toEqual([]);
  });

  test.each<[string, LogRecord, RegExp]>([
    ['an id that is not registered', under(99), /schema id 99 is not registered/],
    ['no value', recordOf(null), /it has no value/],
    ['no bytes', recordOf(Buffer.alloc(0)), /wire format/],
    ['text', recordOf(Buffer.from('{"type":"PlaceOrder"}')), /wire format/],
    ['a body that is cut', under(90, codec.encode(create(1, 'apple', 3)).subarray(0, 40)), /CreateProduct/],
    [
      'a body with more behind it',
      under(90, Buffer.concat([codec.encode(create(1, 'apple', 3)), Buffer.from('x')])),
      /wrong length/,
    ],
  ])('%s is poison', async (_, record, why) => {
    expect(await command(reading, record)).toEqual({ kind: 'poison', why: expect.stringMatching(why) });
  });

  test('an event is poison', async () => {
    const { log } = await opened();
    const [genesis] = await readAll(log, topics.events);
    expect(await command(reading, under(92, Buffer.from(genesis?.value ?? [])))).toEqual({
      kind: 'poison',
      why: 'it is an event',
    });
  });
});

describe('in the journal', () => {
  const { reading } = asking((id) => Promise.resolve(schemas.get(id) ?? null));

  test.each<[string, LogRecord, string]>([
    ['an id that is not registered', under(99), 'undecodable'],
    ['no value', recordOf(null), 'undecodable'],
    ['a command', under(90), 'undecodable'],
    ['a record type of a later release', under(91), 'unknown_type'],
  ])('%s stops the partition', async (_, record, code) => {
    const read = async () => reading.event(3, record);
    expect(await thrownBy(read())).toMatchObject({ code, partition: 3 });
  });

  test('an event is read without waiting', async () => {
    const { log } = await opened();
    const [genesis] = await readAll(log, topics.events);
    expect(plainReading().event(0, genesis ?? recordOf(null))).toMatchObject({ type: 'LedgerOpened' });
  });
});
