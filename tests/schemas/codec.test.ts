// What may be on the log can be written and read back, in the bytes of every version that was ever released.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import avro from 'avsc';
import type { Codec, Decoded } from '../../schemas/codec.ts';
import { createCodec } from '../../schemas/codec.ts';
import { commandNames, eventNames, released } from '../../schemas/generated.ts';
import type { CommandRecord, EventRecord } from '../../schemas/records.ts';
import { samples } from './samples.ts';

interface Golden {
  readonly record: string;
  readonly version: number;
  readonly schema_id: number;
  /** Bytes of the samples as they were when the version was released, in hex. Never edited; a new version adds a row. */
  readonly full: string;
  readonly bare: string;
  /** What the version could not say, as it is read now. */
  readonly unsaid?: { readonly [field: string]: unknown };
}

const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'golden.json'), 'utf8')) as readonly Golden[];
const ids = new Map(released.map(({ name }, i) => [name, 257 + i]));
const names = [...commandNames, ...eventNames];

describe('every record type', () => {
  test.each(names)('%s is read back as it was written, full and bare', (name) => {
    const codec = createCodec(ids);
    const { full, bare } = sampleOf(name);
    expect(bodyOf(codec.decode(codec.encode(full)))).toEqual(plain(full));
    expect(bodyOf(codec.decode(codec.encode(bare)))).toEqual(plain(bare));
  });

  test.each(names)('%s is framed by a zero byte and its schema id', (name) => {
    const bytes = createCodec(ids).encode(sampleOf(name).full);
    expect([bytes[0], bytes.readUInt32BE(1)]).toEqual([0, ids.get(name)]);
  });

  test('is known as a command or as an event', () => {
    const codec = createCodec(ids);
    const kinds = names.map((name) => codec.decode(codec.encode(sampleOf(name).full)).kind);
    expect(kinds).toEqual([...commandNames.map(() => 'command'), ...eventNames.map(() => 'event')]);
  });
});

describe('the golden bytes', () => {
  test('cover every released version', () => {
    const covered = golden.map(({ record, version }) => `${record}.v${version}`);
    expect(covered).toEqual(released.map(({ name, version }) => `${name}.v${version}`));
  });

  test.each(golden)('$record.v$version is read as what it meant, by its own schema', (row) => {
    const codec = readerOf(row);
    const asItWas = (sample: CommandRecord | EventRecord): object => {
      return plain({ ...sample, data: { ...sample.data, ...row.unsaid } } as typeof sample);
    };
    expect(bodyOf(codec.decode(Buffer.from(row.full, 'hex')))).toEqual(asItWas(sampleOf(row.record).full));
    expect(bodyOf(codec.decode(Buffer.from(row.bare, 'hex')))).toEqual(asItWas(sampleOf(row.record).bare));
  });

  test.each(golden.filter(({ record, version }) => version === latest(record)))(
    '$record.v$version is still written in the same bytes',
    ({ record, schema_id, full, bare }) => {
      const codec = createCodec(new Map([[record, schema_id]]));
      expect(codec.encode(sampleOf(record).full).toString('hex')).toBe(full);
      expect(codec.encode(sampleOf(record).bare).toString('hex')).toBe(bare);
    },
  );
});

describe('bytes that are none of ours', () => {
  const codec = createCodec(ids);
  const good = codec.encode(sampleOf('StockHeld').full);

  test.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['JSON', Buffer.from('{"type":"StockHeld"}')],
    ['a frame without a body', good.subarray(0, 5)],
    ['another magic byte', Buffer.concat([Buffer.from([1]), good.subarray(1)])],
    ['a body that ends early', good.subarray(0, good.length - 1)],
    ['a body with something behind it', Buffer.concat([good, Buffer.from([0])])],
    ['a body of noise', Buffer.concat([good.subarray(0, 5), Buffer.alloc(40, 0xff)])],
  ])('%s is malformed, and says why', (_what, bytes) => {
    expect(codec.decode(bytes)).toEqual({ kind: 'malformed', why: expect.stringMatching(/.{5}/) });
  });

  test('every truncation of a record is malformed, none is read and none throws', () => {
    const full = codec.encode(sampleOf('OrderAccepted').full);
    const kinds = Array.from(full, (_, length) => codec.decode(full.subarray(0, length)).kind);
    expect(new Set(kinds)).toEqual(new Set(['malformed']));
  });

  test('a schema id that nobody told of is asked for, and learnt', () => {
    const other = createCodec(new Map());
    const id = ids.get('StockHeld') ?? 0;
    expect(other.decode(good)).toEqual({ kind: 'unknown_schema', id });
    other.learn(id, schemaOf('StockHeld'));
    expect(bodyOf(other.decode(good))).toEqual(plain(sampleOf('StockHeld').full));
  });

  test('a schema of somebody else, or of a later release, is foreign', () => {
    const other = createCodec(new Map());
    other.learn(7, JSON.stringify({ type: 'record', name: 'Invoice', namespace: 'shop', fields: [] }));
    other.learn(8, JSON.stringify({ type: 'record', name: 'OrderShipped', namespace: 'ledger', fields: [] }));
    expect(other.decode(frame(7, 'x'))).toEqual({ kind: 'foreign_schema', id: 7, name: 'shop.Invoice' });
    expect(other.decode(frame(8, 'x'))).toEqual({ kind: 'foreign_schema', id: 8, name: 'ledger.OrderShipped' });
  });
});

describe('what cannot be written', () => {
  test('is refused by name: no schema id, a field of the wrong type, an integer that is not exact', () => {
    const codec = createCodec(ids);
    const held = sampleOf('StockHeld').full;
    const broken = (change: object): EventRecord => ({ ...held, data: { ...held.data, ...change } }) as EventRecord;
    expect(() => createCodec(new Map()).encode(held)).toThrow('StockHeld has no registered schema');
    expect(() => codec.encode(broken({ quantity: '2' }))).toThrow();
    expect(() => codec.encode(broken({ quantity: 1.5 }))).toThrow();
    expect(() => codec.encode(broken({ quantity: 2 ** 53 }))).toThrow();
    // avsc stops one short of the largest safe integer; limits of the domain must stay below it.
    expect(() => codec.encode(broken({ quantity: Number.MAX_SAFE_INTEGER }))).toThrow();
    expect(bodyOf(codec.decode(codec.encode(broken({ quantity: Number.MAX_SAFE_INTEGER - 1 }))))).toEqual(
      plain(broken({ quantity: Number.MAX_SAFE_INTEGER - 1 })),
    );
  });

  test('leaves the codec as it was', () => {
    const codec = createCodec(ids);
    const { full } = sampleOf('OrderAccepted');
    const before = codec.encode(full);
    expect(() => codec.encode({ ...full, data: { ...full.data, lines: 'none' } } as unknown as EventRecord)).toThrow();
    expect(codec.encode(full).equals(before)).toBe(true);
    expect(Buffer.from(before).equals(codec.encode(full))).toBe(true);
  });

  test('a record beyond the scratch space is still written whole', () => {
    const codec = createCodec(ids);
    const { full } = sampleOf('CommandRefused');
    const detail = 'x'.repeat(300_000);
    const long = { ...full, data: { ...full.data, detail } } as EventRecord;
    expect(bodyOf(codec.decode(codec.encode(long)))).toEqual(plain(long));
  });
});

describe('an older version', () => {
  test('is read as the latest: what it did not say has its default', () => {
    const schema = parsed('StockHeld');
    const metaType = fieldOf(schema, 'meta').type as RecordSchema;
    // As if `meta.remember` and the order of two fields had been different in a version before the first.
    const older = {
      ...schema,
      fields: [
        fieldOf(schema, 'order_id'),
        { ...fieldOf(schema, 'meta'), type: { ...metaType, fields: withoutField(metaType, 'remember') } },
        ...withoutField(schema, 'order_id').filter(({ name }) => name !== 'meta'),
      ],
    };
    const writer = avro.Type.forSchema(older as avro.Schema, { wrapUnions: false });
    const { full } = sampleOf('StockHeld');
    const { remember: _left, ...meta } = full.meta as EventRecord['meta'];
    const body = writer.toBuffer({ ...full.data, meta });
    const codec = createCodec(ids);
    codec.learn(3, JSON.stringify(older));

    const decoded = codec.decode(Buffer.concat([Buffer.from([0, 0, 0, 0, 3]), body]));
    expect(bodyOf(decoded)).toEqual(plain({ ...full, meta: { ...full.meta, remember: null } } as EventRecord));
  });
});

test('the codec is fast enough to be on the hot path (figures only)', () => {
  const codec = createCodec(ids);
  const { full } = sampleOf('StockHeld');
  const rounds = 50_000;
  const bytes = codec.encode(full);
  for (let i = 0; i < 5_000; i += 1) codec.decode(codec.encode(full));
  const started = performance.now();
  for (let i = 0; i < rounds; i += 1) codec.encode(full);
  const between = performance.now();
  for (let i = 0; i < rounds; i += 1) codec.decode(bytes);
  const ended = performance.now();
  const each = (ms: number): string => ((ms * 1_000) / rounds).toFixed(2);
  console.log(
    `StockHeld, ${bytes.length} bytes: write ${each(between - started)} us, read ${each(ended - between)} us`,
  );
  expect(codec.decode(bytes).kind).toBe('event');
});

interface Field {
  readonly name: string;
  readonly type: unknown;
}
interface RecordSchema {
  readonly fields: readonly Field[];
}

function sampleOf(name: string): {
  readonly full: CommandRecord | EventRecord;
  readonly bare: CommandRecord | EventRecord;
} {
  const found = samples.get(name);
  if (found === undefined) throw new Error(`${name} has no sample`);
  return found;
}

function readerOf({ record, version, schema_id }: Golden): Codec {
  const codec = createCodec(new Map());
  codec.learn(schema_id, schemaOf(record, version));
  return codec;
}

function schemaOf(record: string, version = latest(record)): string {
  const found = released.find((r) => r.name === record && r.version === version);
  if (found === undefined) throw new Error(`${record}.v${version} was not released`);
  return found.schema;
}

function latest(record: string): number {
  return Math.max(...released.filter(({ name }) => name === record).map(({ version }) => version));
}

function parsed(record: string): RecordSchema {
  return JSON.parse(schemaOf(record)) as RecordSchema;
}

function fieldOf({ fields }: RecordSchema, name: string): Field {
  const found = fields.find((field) => field.name === name);
  if (found === undefined) throw new Error(`there is no field ${name}`);
  return found;
}

function withoutField({ fields }: RecordSchema, name: string): readonly Field[] {
  return fields.filter((field) => field.name !== name);
}

function frame(id: number, body: string): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(id, 1);
  return Buffer.concat([head, Buffer.from(body)]);
}

/** A decoded record without the classes that Avro gives its values. */
function bodyOf(decoded: Decoded): object {
  if (decoded.kind !== 'command' && decoded.kind !== 'event') return decoded;
  const { meta: _beside, ...data } = decoded.record.data as { readonly meta?: unknown };
  return plain({ ...decoded.record, data } as CommandRecord | EventRecord);
}

function plain(record: CommandRecord | EventRecord): object {
  return JSON.parse(JSON.stringify(record)) as object;
}
