// Events as they are written to a file: NDJSON, CSV or Parquet, a bounded number of them in memory at a time.
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { SchemaElement } from 'hyparquet-writer';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { stringify } from 'csv-stringify/sync';
import type { Column, ExportedEvent } from './columns.ts';
import { causeOf, columns, dataOf, placeOf } from './columns.ts';

export const formatNames = ['ndjson', 'csv', 'parquet'] as const;
export type FormatName = (typeof formatNames)[number];

export interface Format {
  /** Events of one piece: as many as are in memory at a time. */
  readonly pieceMax: number;
  /** Text or bytes for some more events, in order. */
  some(events: readonly ExportedEvent[]): string | Uint8Array;
  /** What comes after the last. */
  end(): string | Uint8Array;
}

const textPieceMax = 500;
/** A row group: below some thousand rows Parquet saves little. */
const rowGroupMax = 10_000;

const formats: { readonly [name in FormatName]: () => Format } = { ndjson, csv, parquet };

export function createFormat(name: FormatName): Format {
  return formats[name]();
}

/** Writes a piece, and waits while its reader is slow. */
export async function writePiece(target: Writable, piece: string | Uint8Array): Promise<void> {
  if (piece.length > 0 && !target.write(piece)) await once(target, 'drain');
}

function ndjson(): Format {
  return {
    pieceMax: textPieceMax,
    some: (events) => events.map((one) => `${JSON.stringify(asObject(one))}\n`).join(''),
    end: () => '',
  };
}

/** As `ledger events --json` shows an event that counts, but for what only engineers ask for. */
function asObject(one: ExportedEvent): object {
  const { type, meta } = one.event;
  return {
    position: placeOf(one),
    at: new Date(one.at).toISOString(),
    type,
    command_id: meta.command_id,
    actor: meta.actor,
    cause: causeOf(one),
    correlation_id: meta.correlation_id,
    data: dataOf(one.event),
  };
}

/** RFC 4180 with a header. A text that a spreadsheet would take for a formula gets an apostrophe before it. */
function csv(): Format {
  const options = { escape_formulas: true, record_delimiter: 'windows' } as const;
  let header = [columns.map(({ name }) => name)];
  const rows = (events: readonly ExportedEvent[]): string => {
    const text = stringify([...header, ...events.map((one) => columns.map((column) => csvCell(column, one)))], options);
    header = [];
    return text;
  };
  // An export of nothing has its header all the same.
  return { pieceMax: textPieceMax, some: rows, end: () => rows([]) };
}

function csvCell({ kind, of }: Column, one: ExportedEvent): string | number | null {
  const value = of(one);
  return kind === 'time' && value !== null ? new Date(value).toISOString() : value;
}

/** One row group for each piece. */
function parquet(): Format {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({ writer: bytes, schema: parquetSchema(), createdBy: 'order-ledger' });
  const taken = (): Uint8Array => {
    const piece = bytes.getBytes().slice();
    bytes.index = 0;
    return piece;
  };
  return {
    pieceMax: rowGroupMax,
    some: (events) => {
      const columnData = columns.map((column) => ({
        name: column.name,
        data: events.map((one) => parquetValue(column, one)),
      }));
      // It answers a promise only where its target has a flush of its own.
      void writer.write({ columnData, rowGroupSize: events.length });
      return taken();
    },
    end: () => {
      void writer.finish();
      return taken();
    },
  };
}

const parquetTypes = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  json: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  integer: { type: 'INT64' },
  time: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
} as const;

function parquetSchema(): SchemaElement[] {
  const leaves = columns.map(({ name, kind }) => ({
    name,
    repetition_type: 'OPTIONAL' as const,
    ...parquetTypes[kind],
  }));
  return [{ name: 'events', num_children: leaves.length }, ...leaves];
}

/** The library takes 64-bit integers as such. */
function parquetValue({ of }: Column, one: ExportedEvent): string | bigint | null {
  const value = of(one);
  return typeof value === 'number' ? BigInt(value) : value;
}
