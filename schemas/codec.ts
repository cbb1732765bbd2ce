// Records to bytes and back, in the Confluent wire format: a zero byte, the schema id (4 bytes, big-endian), Avro.
// Synchronous, with one Avro type and one resolver per schema id; old versions are read as the latest one.
import avro from 'avsc';
import type { CommandMeta, Meta } from './generated.ts';
import { commandNames, eventNames, released } from './generated.ts';
import type { CommandRecord, EventRecord } from './records.ts';
import { upcast } from './upcasters.ts';

const magic = 0;
const prefixLength = 5;

/** What bytes of the log turned out to be. */
export type Decoded =
  | { readonly kind: 'command'; readonly record: CommandRecord }
  | { readonly kind: 'event'; readonly record: EventRecord }
  /** Well framed, by a schema that this codec was not told of yet: ask the registry, `learn`, decode again. */
  | { readonly kind: 'unknown_schema'; readonly id: number }
  /** A schema of the registry that this release does not know: deploy a newer one. */
  | { readonly kind: 'foreign_schema'; readonly id: number; readonly name: string }
  | { readonly kind: 'malformed'; readonly why: string };

/** What an event says about its place in history, read without the rest of it. */
export type EventHead = { readonly type: string; readonly schemaId: number } & Pick<
  Meta,
  'command_offset' | 'index' | 'count' | 'sent' | 'at'
>;

export interface Codec {
  /** @throws Error when a field has a value that its schema forbids, or the record type has no schema id. */
  encode(record: CommandRecord | EventRecord): Buffer;
  decode(bytes: Uint8Array): Decoded;
  /** The head of an event alone, at a fraction of the cost; null where only `decode` can tell what the bytes are. */
  head(bytes: Uint8Array): EventHead | null;
  /** Tells what the registry holds under a schema id. */
  learn(id: number, schema: string): void;
}

/** Avro type of the latest version of each record, by its plain name. */
export const latestTypes: ReadonlyMap<string, avro.Type> = new Map(
  released.map(({ name, schema }) => [name, parse(schema)]),
);

interface Reader {
  readonly name: string;
  readonly kind: 'command' | 'event' | 'foreign';
  /** The type to read as; a resolver belongs to it, not to the type of the writer. */
  readonly type: avro.Type;
  readonly resolver: avro.Resolver | undefined;
  /** Reads the first fields of `meta`, where the writer's schema begins with them. */
  readonly head: avro.Type | null;
}

/** With these every event begins. */
const headFields: readonly string[] = ['command_offset', 'index', 'count', 'sent', 'at'];

/** Makes a codec. `ids` gives the schema id under which the latest version of each record type is registered. */
export function createCodec(ids: ReadonlyMap<string, number>): Codec {
  const readers = new Map<number, Reader>();
  let scratch = Buffer.alloc(64 * 1024);

  function encode(record: CommandRecord | EventRecord): Buffer {
    const type = latestTypes.get(record.type);
    const id = ids.get(record.type);
    if (type === undefined || id === undefined) throw new Error(`${record.type} has no registered schema`);
    const value = { meta: withBuffers(record.meta), ...record.data };
    let end = type.encode(value, scratch, prefixLength);
    while (end < 0) {
      scratch = Buffer.alloc(prefixLength - end + scratch.length);
      end = type.encode(value, scratch, prefixLength);
    }
    scratch[0] = magic;
    scratch.writeUInt32BE(id, 1);
    return Buffer.from(scratch.subarray(0, end));
  }

  function decode(bytes: Uint8Array): Decoded {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (buffer.length <= prefixLength || buffer[0] !== magic) {
      return { kind: 'malformed', why: 'not in the Confluent wire format' };
    }
    const id = buffer.readUInt32BE(1);
    const reader = readers.get(id);
    if (reader === undefined) return { kind: 'unknown_schema', id };
    if (reader.kind === 'foreign') return { kind: 'foreign_schema', id, name: reader.name };
    return read(reader, reader.kind, buffer);
  }

  function head(bytes: Uint8Array): EventHead | null {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (buffer.length <= prefixLength || buffer[0] !== magic) return null;
    const schemaId = buffer.readUInt32BE(1);
    const reader = readers.get(schemaId);
    if (reader === undefined || reader.head === null) return null;
    const read: { value: { meta: EventHead }; offset: number } = reader.head.decode(buffer, prefixLength);
    const { command_offset, index, count, sent, at } = read.value.meta;
    // Behind the end of the bytes the decoder stops without a word.
    return read.offset < 0 ? null : { type: reader.name, schemaId, command_offset, index, count, sent, at };
  }

  function learn(id: number, schema: string): void {
    readers.set(id, readerOf(schema));
  }

  for (const [name, id] of ids) {
    const latest = released.findLast((r) => r.name === name);
    if (latest !== undefined) learn(id, latest.schema);
  }
  return { encode, decode, head, learn };
}

/** Avro takes fixed bytes as a Buffer only; whoever must not know Node has them as a plain array. */
function withBuffers(meta: CommandMeta | Meta): CommandMeta | Meta {
  if ('fingerprint' in meta) {
    return Buffer.isBuffer(meta.fingerprint) ? meta : { ...meta, fingerprint: Buffer.from(meta.fingerprint) };
  }
  const { remember } = meta;
  if (remember === null || Buffer.isBuffer(remember.fingerprint)) return meta;
  return { ...meta, remember: { ...remember, fingerprint: Buffer.from(remember.fingerprint) } };
}

function read(reader: Reader, kind: 'command' | 'event', buffer: Buffer): Decoded {
  let value: object;
  try {
    const decoded: { value: object; offset: number } = reader.type.decode(buffer, prefixLength, reader.resolver);
    if (decoded.offset !== buffer.length) return { kind: 'malformed', why: `${reader.name} has the wrong length` };
    value = upcast(reader.name, decoded.value);
  } catch (error) {
    return { kind: 'malformed', why: `${reader.name}: ${error instanceof Error ? error.message : String(error)}` };
  }
  const record = { type: reader.name, data: value, meta: (value as { meta: CommandMeta & Meta }).meta };
  return { kind, record } as unknown as Decoded;
}

function readerOf(schema: string): Reader {
  const writerType = parse(schema);
  const fullName = writerType.name ?? '';
  const name = fullName.replace(/^ledger\./, '');
  const latest = latestTypes.get(name);
  const kind = has(commandNames, name) ? 'command' : has(eventNames, name) ? 'event' : 'foreign';
  if (latest === undefined || kind === 'foreign')
    return { name: fullName, kind: 'foreign', type: writerType, resolver: undefined, head: null };
  const same = JSON.stringify(writerType.schema()) === JSON.stringify(latest.schema());
  try {
    const resolver = same ? undefined : latest.createResolver(writerType);
    return { name, kind, type: latest, resolver, head: kind === 'event' ? headOf(writerType) : null };
  } catch {
    // Written by a later release in a way that this one cannot read.
    return { name: fullName, kind: 'foreign', type: writerType, resolver: undefined, head: null };
  }
}

function headOf(type: avro.Type): avro.Type | null {
  const schema = type.schema() as { readonly fields?: readonly { readonly name: string; readonly type: unknown }[] };
  const [meta] = schema.fields ?? [];
  if (meta?.name !== 'meta') return null;
  const { fields = [] } = meta.type as { readonly fields?: readonly { readonly name: string }[] };
  const first = fields.slice(0, headFields.length);
  if (first.map(({ name }) => name).join() !== headFields.join()) return null;
  const head = { type: 'record', name: 'HeadOfMeta', fields: first };
  return parse(JSON.stringify({ type: 'record', name: 'Head', fields: [{ name: 'meta', type: head }] }));
}

function parse(schema: string): avro.Type {
  return avro.Type.forSchema(JSON.parse(schema) as avro.Schema, { wrapUnions: false });
}

function has(names: readonly string[], name: string): boolean {
  return names.includes(name);
}
