// From records of the broker to commands and events. Synchronous for schemas that are known; an unknown schema id is
// asked of the registry, and an outage of the registry is waited out: it never makes a record undecodable.
import type { Codec, Decoded, EventHead } from '../../schemas/codec.ts';
import type { CommandRecord, EventRecord } from '../../schemas/records.ts';
import { SchemaError } from '../../schemas/registry.ts';
import { LedgerAlarm } from './alarm.ts';
import type { LogRecord, Pace } from './port.ts';

const registryRetryMs = 500;
/** The registry knows the schema, but it is none of ours. */
const foreign = Symbol('foreign schema');

/** A record of the commands topic: a command, or the reason why it is none. */
export type CommandReading =
  { readonly kind: 'command'; readonly record: CommandRecord } | { readonly kind: 'poison'; readonly why: string };

export interface Reading {
  /** @throws LedgerAlarm `undecodable` or `unknown_type` */
  event(partition: number, record: LogRecord, signal?: AbortSignal): EventRecord | Promise<EventRecord>;
  /** Type and place of an event, for whoever needs no more of it; null where only `event` can tell. */
  head(record: LogRecord): EventHead | null;
  /** @throws LedgerAlarm `unknown_type` */
  command(partition: number, record: LogRecord, signal?: AbortSignal): CommandReading | Promise<CommandReading>;
}

/**
 * `fetchSchema` answers the text under a schema id, null when the registry has none, and throws in an outage;
 * `trouble` hears of every such throw.
 */
export function createReading(
  codec: Codec,
  fetchSchema: (id: number) => Promise<string | null>,
  pace: Pace,
  trouble: (error: unknown) => void,
): Reading {
  async function learn(bytes: Uint8Array, id: number, signal?: AbortSignal): Promise<Decoded> {
    const schema = await fetchPatiently(id, signal);
    if (schema === null) return { kind: 'malformed', why: `schema id ${id} is not registered` };
    if (schema === foreign) return { kind: 'foreign_schema', id, name: 'record in another format than Avro' };
    try {
      codec.learn(id, schema);
    } catch (error) {
      trouble(error);
      return { kind: 'foreign_schema', id, name: `record whose schema ${id} cannot be read` };
    }
    return codec.decode(bytes);
  }

  /** While the registry is away, what a record is cannot be told: it is waited for. */
  async function fetchPatiently(id: number, signal?: AbortSignal): Promise<string | null | typeof foreign> {
    for (;;) {
      signal?.throwIfAborted();
      try {
        return await fetchSchema(id);
      } catch (error) {
        if (error instanceof SchemaError) return foreign;
        trouble(error);
        await pace.sleep(registryRetryMs, signal);
      }
    }
  }

  function decode<T>(record: LogRecord, then: (decoded: Decoded) => T, signal?: AbortSignal): T | Promise<T> {
    if (record.value === null) return then({ kind: 'malformed', why: 'it has no value' });
    const decoded = codec.decode(record.value);
    if (decoded.kind !== 'unknown_schema') return then(decoded);
    return learn(record.value, decoded.id, signal).then(then);
  }

  return {
    head: (record) => (record.value === null ? null : codec.head(record.value)),
    event: (partition, record, signal) => decode(record, (decoded) => asEvent(partition, record, decoded), signal),
    command: (partition, record, signal) => decode(record, (decoded) => asCommand(partition, record, decoded), signal),
  };
}

function asEvent(partition: number, record: LogRecord, decoded: Decoded): EventRecord {
  if (decoded.kind === 'event') return decoded.record;
  if (decoded.kind === 'foreign_schema') throw foreignRecord(partition, 'event', record, decoded.name);
  const why = decoded.kind === 'malformed' ? decoded.why : `it is a ${decoded.kind}`;
  throw new LedgerAlarm('undecodable', partition, `the event at offset ${record.offset} cannot be read: ${why}`);
}

function asCommand(partition: number, record: LogRecord, decoded: Decoded): CommandReading {
  if (decoded.kind === 'command') return decoded;
  if (decoded.kind === 'foreign_schema') throw foreignRecord(partition, 'command', record, decoded.name);
  return { kind: 'poison', why: decoded.kind === 'malformed' ? decoded.why : `it is an ${decoded.kind}` };
}

function foreignRecord(partition: number, what: string, record: LogRecord, name: string): LedgerAlarm {
  const text = `the ${what} at offset ${record.offset} is a ${name} that this release does not know; deploy a newer one`;
  return new LedgerAlarm('unknown_type', partition, text);
}
