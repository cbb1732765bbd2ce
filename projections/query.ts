// What the queries of all projections share: text with parameters, pages, and the checkpoint beside a row.
import type { Generation } from './generations.ts';
import { writeCursor } from './cursor.ts';
import type { Listed, Paging } from './views.ts';

export interface Query {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Values of a query that grows; `add` answers the placeholder. */
export interface Parameters {
  readonly values: readonly unknown[];
  add(value: unknown): string;
}

export function createParameters(): Parameters {
  const values: unknown[] = [];
  return { values, add: (value) => `$${values.push(value)}` };
}

/** A list before it is cut into pages. `order` and the names in `key` are ours, never a caller's. */
export interface ListQuery {
  readonly select: string;
  readonly from: string;
  readonly where: readonly string[];
  readonly order: string;
  readonly parameters: Parameters;
}

/** The rows of one page, and with a cursor one row more, which tells whether there is another page. */
export function pageQuery(list: ListQuery, paging: Paging): Query {
  const { parameters } = list;
  const window =
    paging.kind === 'cursor'
      ? `LIMIT ${parameters.add(paging.limit + 1)}`
      : `LIMIT ${parameters.add(paging.perPage)} OFFSET ${parameters.add((paging.page - 1) * paging.perPage)}`;
  const text = `SELECT ${list.select} FROM ${list.from} ${whereOf(list)} ORDER BY ${list.order} ${window}`;
  return { text, values: parameters.values };
}

export function countQuery(list: ListQuery): Query {
  return { text: `SELECT count(*) AS total FROM ${list.from} ${whereOf(list)}`, values: list.parameters.values };
}

/** What a list answers, from the rows of `pageQuery`. `keyOf` gives the cursor's key of a row. */
export function listed<T>(
  rows: readonly T[],
  paging: Paging,
  total: number | null,
  cursor: { readonly list: string; keyOf(row: T): readonly (string | number)[] },
): Listed<T> {
  if (paging.kind === 'page') return { rows, next: null, total };
  const shown = rows.slice(0, paging.limit);
  const last = shown.at(-1);
  const more = rows.length > shown.length && last !== undefined;
  return { rows: shown, next: more ? writeCursor(cursor.list, cursor.keyOf(last)) : null, total };
}

/**
 * One row and the checkpoint of its partition, in one statement and so of one moment. The columns are null where there
 * is no row; `next` is the checkpoint. Nothing at all where the generation is not the one that is read any more: no
 * instance shows the past of what another one has shown already.
 */
export function seenQuery(
  generation: Generation,
  row: { readonly select: string; readonly table: string; readonly key: string; readonly id: string },
  partition: number,
): Query {
  const text = `SELECT c.next, ${row.select} FROM (
      SELECT coalesce(max(next_offset), 0) AS next FROM ledger.checkpoints
      WHERE projection = $1 AND generation = $2 AND partition = $3
    ) AS c LEFT JOIN ${row.table} AS t ON t.${row.key} = $4
    WHERE EXISTS (SELECT 1 FROM ledger.active_generations a WHERE a.projection = $1 AND a.generation = $2)`;
  return { text, values: [generation.projection, generation.generation, partition, row.id] };
}

/** A time parameter, ms since the epoch, as timestamptz; what Postgres cannot hold becomes the nearest that it can. */
export function timeParameter(parameters: Parameters, ms: number): string {
  const held = Math.min(Math.max(Math.trunc(ms), 0), 8_640_000_000_000_000);
  return `(timestamptz 'epoch' + ${parameters.add(held)}::bigint * interval '1 millisecond')`;
}

function whereOf(list: ListQuery): string {
  return list.where.length === 0 ? '' : `WHERE ${list.where.join(' AND ')}`;
}
