// Questions to the projection leaderboards in Redis: a stretch of a ranking, and the place of one member in it.
import type { Redis } from 'ioredis';
import type { Table } from '../projection.ts';
import { fieldOf, redisKeys, valueOf } from '../sinks/redis.ts';
import { NotReadyError } from '../views.ts';

/** Which ranking of which generation. */
export interface Board {
  /** First part of the generation's keys. */
  readonly base: string;
  readonly table: Table;
  /** Counter that ranks. */
  readonly by: string;
  readonly currency: string;
}

export interface Ranked {
  /** From 1. */
  readonly rank: number;
  readonly id: string;
  /** The counters of the row, by column. */
  readonly counters: { readonly [column: string]: number };
}

export interface Stretch {
  /** How many there are in all. */
  readonly total: number;
  readonly rows: readonly Ranked[];
}

/**
 * KEYS: checkpoints, sorted set, rows. ARGV: from, to, or '' and '' with a member and how many around it; first part of
 * the fields, then the columns. Answers the number of all, the place of the first, then member, score and cells of each.
 */
const readScript = `
if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
local from, to = tonumber(ARGV[1]), tonumber(ARGV[2])
if ARGV[3] ~= '' then
  local place = redis.call('ZRANK', KEYS[2], ARGV[3])
  if not place then return { redis.call('ZCARD', KEYS[2]), 0 } end
  from, to = math.max(0, place - ARGV[4]), place + ARGV[4]
end
local answer = { redis.call('ZCARD', KEYS[2]), from }
local found = redis.call('ZRANGE', KEYS[2], from, to, 'WITHSCORES')
for i = 1, #found, 2 do
  answer[#answer + 1] = found[i]
  answer[#answer + 1] = found[i + 1]
  for c = 6, #ARGV do
    answer[#answer + 1] = redis.call('HGET', KEYS[3], ARGV[5] .. found[i] .. ARGV[c]) or '0'
  end
end
return answer
`;

/** Members from one place to another, both included, from 0. @throws NotReadyError; the driver's error */
export function readStretch(redis: Redis, board: Board, from: number, to: number): Promise<Stretch> {
  return read(redis, board, [from, to, '', 0]);
}

/** A member and those `around` it; empty where it is not ranked. @throws NotReadyError; the driver's error */
export function readAround(redis: Redis, board: Board, member: string, around: number): Promise<Stretch> {
  return read(redis, board, [0, 0, member, around]);
}

async function read(redis: Redis, { base, table, by, currency }: Board, wanted: (string | number)[]): Promise<Stretch> {
  const keys = redisKeys(base);
  const ranking = table.rankings?.find((one) => one.by === by);
  if (ranking === undefined) throw new Error(`${table.name} is not ranked by ${by}`);
  const others = Object.keys(table.columns).filter((column) => column !== by && !table.key.includes(column));
  const fields = [fieldOf(currency, ''), ...others.map((column) => fieldOf('', column))];
  const names = [keys.checkpoints, keys.ranking(table, ranking, { currency }), keys.rows(table)];
  const answer: unknown = await redis.eval(readScript, names.length, ...names, ...wanted, ...fields);
  const [total, first, ...cells] = Array.isArray(answer) ? answer.map(String) : [];
  if (total === undefined) throw new NotReadyError('the leaderboards are not in Redis yet');
  const rows: Ranked[] = [];
  const width = 2 + others.length;
  for (let i = 0; i < cells.length; i += width) {
    const [id = '', score = '', ...rest] = cells.slice(i, i + width);
    const counters = others.map((column, c) => [column, Number(rest[c])] as const);
    rows.push({
      rank: Number(first) + 1 + i / width,
      id,
      counters: { [by]: valueOf(score), ...Object.fromEntries(counters) },
    });
  }
  return { total: Number(total), rows };
}
