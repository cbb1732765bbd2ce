// The audit of what stands in Redis: rows and sorted sets against the same pure projection of the journal, up to the
// checkpoints that lie with them. All of it is read at one moment, when the audit begins.
import type { Generation } from '../../../projections/generations.ts';
import type { Cells, Projection } from '../../../projections/projection.ts';
import { shipped } from '../../../projections/registry.ts';
import { rowName } from '../../../projections/sinks/merge.ts';
import type { RedisContent, RedisKeys } from '../../../projections/sinks/redis.ts';
import { createRedisSink, keyText, redisBase, redisKeys } from '../../../projections/sinks/redis.ts';
import type { PlacedEvent } from '../../../schemas/records.ts';
import type { Redis } from '../../platform/redis.ts';
import { untilReady } from '../../platform/redis.ts';
import type { Expected, ExpectedRows } from './expected-rows.ts';
import { createExpected, differingColumns } from './expected-rows.ts';
import type { Note } from './findings.ts';
import type { ProjectionReport } from './projection-audit.ts';

export interface RedisAudit {
  /** Takes every counted event, in order within a partition. */
  add(partition: number, event: PlacedEvent): void;
  /** Compares. @returns one report a generation */
  finish(): readonly ProjectionReport[];
}

export interface RedisAuditOptions {
  readonly redis: Redis;
  /** First part of the keys: one prefix is one ledger. */
  readonly prefix: string;
  readonly generations: readonly Generation[];
  readonly topic: string;
  readonly note: Note;
}

const readyMsMax = 5_000;

/** One generation in Redis under audit. */
interface Case {
  readonly name: string;
  readonly generation: number;
  readonly keys: RedisKeys;
  readonly content: RedisContent;
  readonly expected: Expected;
  readonly tell: (text: string) => void;
  findings: number;
}

/** Reads what stands there of the generations that are ranked. @throws the driver's error */
export async function startRedisAudit(options: RedisAuditOptions): Promise<RedisAudit> {
  await untilReady(options.redis, readyMsMax);
  const cases: Case[] = [];
  for (const generation of options.generations) {
    const projection = shipped.find((one) => one.projection.name === generation.projection)?.projection;
    // What this build does not know is told by the audit of the rows in Postgres.
    if (projection?.version !== generation.version || !isRanked(projection)) continue;
    cases.push(await open(options, generation, projection));
  }
  return {
    add: (partition, event) => {
      for (const { content, expected } of cases) {
        if (event.offset < (content.checkpoints?.get(partition) ?? 0)) expected.add({ ...event, partition });
      }
    },
    finish: () => cases.map(compare),
  };
}

async function open(
  { redis, prefix, topic, note }: RedisAuditOptions,
  generation: Generation,
  projection: Projection,
): Promise<Case> {
  const base = redisBase(prefix, generation);
  const name = `${projection.name} in Redis`;
  const own: Case = {
    name,
    generation: generation.generation,
    keys: redisKeys(base),
    content: await createRedisSink(redis, { base, projection }).content(),
    expected: createExpected(projection),
    tell: (text) => {
      own.findings += 1;
      const said = `${name}, generation ${generation.generation}: ${text}`;
      note({ rule: 'projection', topic, partition: null, offset: null, text: said });
    },
    findings: 0,
  };
  return own;
}

function isRanked({ tables }: Projection): boolean {
  return tables.some(({ rankings }) => rankings !== undefined);
}

function compare(one: Case): ProjectionReport {
  // Nothing is read from what has no checkpoints: it is being built, and answers nobody yet.
  if (one.content.checkpoints === null) one.tell('nothing is built: a projector builds it from Postgres');
  else {
    compareRankings(one);
    for (const own of one.expected.tables) compareTable(one, own);
  }
  const rows = [...one.content.tables.values()].reduce((sum, table) => sum + table.length, 0);
  return { name: one.name, generation: one.generation, rows, equal: one.findings === 0 };
}

function compareTable({ content, tell }: Case, { table, rows }: ExpectedRows): void {
  const named = (row: Cells): string => rowName(table, row).replaceAll('\u0000', ' ');
  const left = new Map(rows);
  for (const row of content.tables.get(table.name) ?? []) {
    const name = rowName(table, row);
    const expected = left.get(name);
    left.delete(name);
    if (expected === undefined) {
      tell(`${table.name} has a row that the journal does not give: ${named(row)}`);
      continue;
    }
    for (const column of differingColumns(table, expected, row)) {
      const [is, due] = [row, expected].map((cells) => JSON.stringify(cells[column] ?? null));
      tell(`${table.name} ${named(row)}: ${column} is ${is}, the journal gives ${due}`);
    }
  }
  for (const row of left.values()) tell(`${table.name} lacks the row ${named(row)}`);
}

/** Every sorted set has the members that the journal gives, with their values, and there is no other set. */
function compareRankings({ content, expected, keys, tell }: Case): void {
  const due = new Map<string, Map<string, number>>();
  for (const { table, rows } of expected.tables) {
    for (const ranking of table.rankings ?? []) {
      for (const row of rows.values()) {
        const value = row[ranking.by];
        if (typeof value !== 'number') continue;
        const set = keys.ranking(table, ranking, row);
        const members = due.get(set) ?? new Map<string, number>();
        due.set(set, members.set(keyText(row, ranking.member), value));
      }
    }
  }
  for (const set of new Set([...due.keys(), ...content.rankings.keys()])) {
    const [is, members] = [new Map(content.rankings.get(set)), due.get(set) ?? new Map<string, number>()];
    for (const member of new Set([...is.keys(), ...members.keys()])) {
      const [found, wanted] = [is.get(member), members.get(member)];
      if (found === wanted) continue;
      tell(`sorted set ${set}: ${member} is ${found ?? 'absent'}, the journal gives ${wanted ?? 'none'}`);
    }
  }
}
