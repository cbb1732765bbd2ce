// A sink in Redis: rows, sorted sets and checkpoints of one generation change in one script, or not at all.
import type { Redis } from 'ioredis';
import type { Cell, Cells, Change, Checkpoints, Projection, Ranking, Sink, Table } from '../projection.ts';
import { mergeChanges, rowName } from './merge.ts';
import type { MergedTable } from './merge.ts';
import type { Rank, RowChange } from './redis-scripts.ts';
import { applyScript } from './redis-scripts.ts';

export interface RedisSinkOptions {
  /** First part of the keys: one generation of one ledger. */
  readonly base: string;
  readonly projection: Projection;
}

/** What lies in Redis at one moment; its text is as in a dump, so that anything that was changed shows. */
export interface RedisContent {
  /** null where there are none: nothing was built, or it was lost. */
  readonly checkpoints: Checkpoints | null;
  /** Rows by table, in no order. */
  readonly tables: ReadonlyMap<string, readonly Cells[]>;
  /** Members and values of each sorted set, best first. */
  readonly rankings: ReadonlyMap<string, readonly (readonly [member: string, value: number])[]>;
}

export interface RedisSink extends Sink {
  /** Everything, read in one transaction; Redis answers nobody else meanwhile. For audits. */
  content(): Promise<RedisContent>;
  /** Takes everything away, in the background of Redis. */
  forget(): Promise<void>;
}

/** Keys of one generation. A cell's field is the row's name and the column; the name alone says that the row is there. */
export interface RedisKeys {
  readonly checkpoints: string;
  /** Held by whoever builds everything anew. */
  readonly restoring: string;
  /** Names of the sorted sets that there are. */
  readonly sets: string;
  /** How the names of all sorted sets begin. */
  readonly rankings: string;
  rows(table: Table): string;
  ranking(table: Table, ranking: Ranking, row: Cells): string;
}

export function redisKeys(base: string): RedisKeys {
  return {
    checkpoints: `${base}:checkpoints`,
    restoring: `${base}:restoring`,
    sets: `${base}:sets`,
    rankings: `${base}:rank:`,
    rows: (table) => `${base}:rows:${table.name}`,
    ranking: (table, { by, within }, row) =>
      [`${base}:rank:${table.name}.${by}`, ...within.map((column) => keyText(row, column))].join(':'),
  };
}

/** First part of a generation's keys; `prefix` is the ledger's own. */
export function redisBase(prefix: string, generation: { readonly schema: string }): string {
  return `${prefix}:${generation.schema}`;
}

/** Makes a sink. Every method may reject with the driver's error; `checkpoints` then tells what happened. */
export function createRedisSink(redis: Redis, { base, projection }: RedisSinkOptions): RedisSink {
  const keys = redisKeys(base);
  const all = [keys.checkpoints, keys.restoring, keys.sets, ...projection.tables.map(keys.rows)];
  return {
    checkpoints: async () => toCheckpoints(await redis.hgetall(keys.checkpoints)),
    apply: async (changes, moves) => {
      const list = [...moves].map(([partition, { expected, next }]) => [partition, expected, next].map(String));
      const rows = rowChanges(keys, projection, changes);
      const outcome = await redis.eval(applyScript, all.length, ...all, JSON.stringify(list), JSON.stringify(rows));
      return outcome === 'applied' ? 'applied' : 'stale';
    },
    content: () => readContent(redis, keys, projection),
    forget: async () => void (await redis.unlink(...all, ...(await redis.smembers(keys.sets)))),
  };
}

/** A cell of the key as it stands in names of keys and members. @throws Error for what is no text and no number */
export function keyText(row: Cells, column: string): string {
  const cell = row[column];
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number') return String(cell);
  throw new Error(`${column} cannot rank: it is no text`);
}

/** A cell as text: numbers as Redis adds to them. */
export function cellText(cell: Cell): string {
  return JSON.stringify(cell);
}

export function fieldOf(row: string, column: string): string {
  return `${row}\u0000${column}`;
}

/** The score of a value: sorted sets begin with the smallest, and order equal scores by member. */
export function scoreOf(value: number): string {
  return String(-value);
}

/** The value behind a score as Redis prints it. */
export function valueOf(score: string): number {
  return 0 - Number(score);
}

function rowChanges(keys: RedisKeys, projection: Projection, changes: readonly Change[]): readonly RowChange[] {
  return mergeChanges(projection.tables, changes).flatMap((merged) => {
    const t = projection.tables.indexOf(merged.table);
    return rowChangesOf(keys, t, merged);
  });
}

function rowChangesOf(keys: RedisKeys, t: number, { table, removes, inserts, upserts }: MergedTable): RowChange[] {
  const columns = Object.keys(table.columns).filter((column) => !table.key.includes(column));
  const nothing = Object.fromEntries(columns.map((column) => [column, null]));
  const change = (op: RowChange['op'], key: Cells, set: Cells, add: { readonly [column: string]: number }) => {
    const row = rowName(table, key);
    const cells = Object.entries(set);
    const ranks = (column: string): readonly Rank[] =>
      (table.rankings ?? [])
        .filter(({ by }) => by === column)
        .map((ranking) => ({ set: keys.ranking(table, ranking, key), member: keyText(key, ranking.member) }));
    return {
      t,
      row,
      op,
      set: cells.flatMap(([column, cell]) => (cell === null ? [] : [fieldOf(row, column), cellText(cell)])),
      gone: cells.flatMap(([column, cell]) => (cell === null ? [fieldOf(row, column)] : [])),
      add: Object.entries(add).map(([column, n]) => ({
        field: fieldOf(row, column),
        n: String(n),
        ranks: ranks(column),
      })),
      ranks: cells.flatMap(([column, cell]) =>
        ranks(column).map((rank) => ({ ...rank, score: typeof cell === 'number' ? scoreOf(cell) : null })),
      ),
    };
  };
  return [
    ...removes.map((key) => change('remove', key, nothing, {})),
    ...inserts.map(({ key, set }) => change('keep', key, set, {})),
    ...upserts.map(({ key, set, add }) => change('change', key, set, add)),
  ];
}

async function readContent(redis: Redis, keys: RedisKeys, projection: Projection): Promise<RedisContent> {
  // Those that our scripts made, and those that anybody put beside them.
  const beside = await redis.keys(`${keys.rankings}*`);
  const sets = [...new Set([...(await redis.smembers(keys.sets)), ...beside])].sort();
  const reading = redis.multi().hgetall(keys.checkpoints);
  for (const table of projection.tables) reading.hgetall(keys.rows(table));
  for (const set of sets) reading.zrange(set, '0', '-1', 'WITHSCORES');
  const answers = await reading.exec();
  const [checkpoints, ...rest] = (answers ?? []).map(([error, answer]) => {
    if (error !== null) throw error;
    return answer;
  });
  const tables = projection.tables.map((table, i) => [table.name, toRows(table, asTexts(rest[i]))] as const);
  const rankings = sets.map((set, i) => [set, toRanking(rest[projection.tables.length + i])] as const);
  const moves = toCheckpoints(asTexts(checkpoints));
  return {
    checkpoints: moves.size === 0 ? null : moves,
    tables: new Map(tables),
    rankings: new Map(rankings),
  };
}

function toCheckpoints(fields: { readonly [partition: string]: string }): Checkpoints {
  return new Map(Object.entries(fields).map(([partition, next]) => [Number(partition), Number(next)]));
}

function toRows(table: Table, fields: { readonly [field: string]: string }): readonly Cells[] {
  const rows = new Map<string, { [column: string]: Cell }>();
  const empty = Object.fromEntries(Object.keys(table.columns).map((column) => [column, null]));
  for (const [field, text] of Object.entries(fields)) {
    const parts = field.split('\u0000');
    const name = parts.slice(0, table.key.length).join('\u0000');
    const row = rows.get(name) ?? { ...empty, ...keyCells(table, parts) };
    const column = parts[table.key.length];
    if (column !== undefined) row[column] = toCell(text);
    rows.set(name, row);
  }
  return [...rows.values()];
}

/** The key of a row from the parts of its name: text as it is, all else as JSON. */
function keyCells(table: Table, parts: readonly string[]): Cells {
  const cells = table.key.map((column, i): [string, Cell] => {
    const part = parts[i] ?? '';
    return [column, table.columns[column]?.type === 'text' ? part : toCell(part)];
  });
  return Object.fromEntries(cells);
}

/** What is no cell was written by nobody of ours, and is shown as it is. */
function toCell(text: string): Cell {
  try {
    return JSON.parse(text) as Cell;
  } catch {
    return text;
  }
}

function toRanking(answer: unknown): readonly (readonly [string, number])[] {
  const flat = Array.isArray(answer) ? answer.map(String) : [];
  return flat.flatMap((member, i) => (i % 2 === 0 ? [[member, valueOf(flat[i + 1] ?? '')] as const] : []));
}

function asTexts(answer: unknown): { readonly [field: string]: string } {
  if (typeof answer !== 'object' || answer === null) return {};
  return Object.fromEntries(Object.entries(answer).map(([field, text]) => [field, String(text)]));
}
