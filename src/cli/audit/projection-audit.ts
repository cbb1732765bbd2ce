// The audit of the projections: each active generation's rows against the same pure projection of the journal, up to
// the generation's own checkpoints, row for row and column for column.
import { definitionHash } from '../../../projections/generations.ts';
import type { Generation } from '../../../projections/generations.ts';
import type { Cells, Checkpoints, Table } from '../../../projections/projection.ts';
import type { Shipped } from '../../../projections/registry.ts';
import { shipped } from '../../../projections/registry.ts';
import { rowName } from '../../../projections/sinks/merge.ts';
import type { PlacedEvent } from '../../../schemas/records.ts';
import type { Expected, ExpectedRows } from './expected-rows.ts';
import { createExpected, differingColumns } from './expected-rows.ts';
import type { Note } from './findings.ts';
import type { Snapshot } from './stored-rows.ts';

export interface ProjectionReport {
  readonly name: string;
  readonly generation: number;
  /** Rows that were compared, of all its tables. */
  readonly rows: number;
  readonly equal: boolean;
}

export interface ProjectionAudit {
  /** Takes every counted event, in order within a partition. */
  add(partition: number, event: PlacedEvent): void;
  /** Everything of a partition below `next` was taken; `end` is where its journal ends. */
  reach(partition: number, next: number, end: number): Promise<void>;
  /** Compares what is left. @returns one report a generation */
  finish(): Promise<readonly ProjectionReport[]>;
}

/** One generation under audit. */
interface Case {
  readonly generation: Generation;
  readonly expected: Expected;
  readonly checkpoints: Checkpoints;
  /** How far the history tables of each partition were compared. */
  readonly compared: Map<number, number>;
  rows: number;
  findings: number;
}

const first = Number.MIN_SAFE_INTEGER;
const behindAll = Number.MAX_SAFE_INTEGER;

/** Begins the audit of all generations that are active in a snapshot. @throws the driver's error */
export async function startProjectionAudit(snapshot: Snapshot, topic: string, note: Note): Promise<ProjectionAudit> {
  const cases: Case[] = [];
  const others: ProjectionReport[] = [];
  for (const generation of snapshot.generations) {
    const one = await knownAs(generation);
    if (one === null) {
      const { projection: name, generation: number, version } = generation;
      const text = `generation ${number} of ${name} (version ${version}) is not of this build, which cannot check it`;
      note({ rule: 'projection', topic, partition: null, offset: null, text });
      others.push({ name, generation: number, rows: 0, equal: false });
      continue;
    }
    const checkpoints = await snapshot.checkpoints(generation);
    const expected = createExpected(one.projection);
    cases.push({ generation, expected, checkpoints, compared: new Map(), rows: 0, findings: 0 });
  }
  const audits = { snapshot, topic, note };
  return {
    add: (partition, event) => {
      for (const { checkpoints, expected } of cases) {
        if (event.offset < (checkpoints.get(partition) ?? 0)) expected.add({ ...event, partition });
      }
    },
    reach: async (partition, next, end) => {
      for (const one of cases) await compareHistory(audits, one, { partition, next, end });
    },
    finish: async () => {
      for (const one of cases) await compareRest(audits, one);
      const done = cases.map(({ generation: { projection: name, generation }, rows, findings }) => {
        return { name, generation, rows, equal: findings === 0 };
      });
      return [...done, ...others];
    },
  };
}

async function knownAs(generation: Generation): Promise<Shipped | null> {
  const one = shipped.find(({ projection }) => projection.name === generation.projection);
  if (one?.projection.version !== generation.version) return null;
  return (await definitionHash(one)) === generation.definitionHash ? one : null;
}

interface Audits {
  readonly snapshot: Snapshot;
  readonly topic: string;
  readonly note: Note;
}

interface Reached {
  readonly partition: number;
  readonly next: number;
  readonly end: number;
}

async function compareHistory(audits: Audits, one: Case, { partition, next, end }: Reached): Promise<void> {
  const checkpoint = one.checkpoints.get(partition) ?? 0;
  const from = one.compared.get(partition) ?? first;
  if (from === behindAll) return;
  if (next >= end && checkpoint > end) {
    tell(
      audits,
      one,
      { partition, journal_offset: checkpoint },
      `its checkpoint is ${checkpoint}, the journal ends at ${end}`,
    );
  }
  const to = next >= end || next >= checkpoint ? behindAll : next;
  one.compared.set(partition, to);
  for (const own of one.expected.tables.filter(({ isHistory }) => isHistory)) {
    const stored = await audits.snapshot.history(one.generation, own.table, { partition, from, to });
    compareRows(audits, one, own, stored);
    tellMissing(audits, one, own);
  }
}

async function compareRest(audits: Audits, one: Case): Promise<void> {
  for (const own of one.expected.tables) {
    if (own.isHistory) {
      const strays = await audits.snapshot.strays(one.generation, own.table, [...one.compared.keys()]);
      if (strays > 0)
        tell(audits, one, {}, `${strays} rows of ${own.table.name} lie in partitions that the journal does not have`);
      continue;
    }
    for await (const page of audits.snapshot.rows(one.generation, own.table)) compareRows(audits, one, own, page);
    tellMissing(audits, one, own);
  }
}

/** Compares stored rows and crosses the expected ones off. */
function compareRows(audits: Audits, one: Case, { table, rows }: ExpectedRows, stored: readonly Cells[]): void {
  for (const row of stored) {
    const name = rowName(table, row);
    const expected = rows.get(name);
    one.rows += 1;
    rows.delete(name);
    if (expected === undefined) {
      tell(audits, one, row, `${table.name} has a row that the journal does not give: ${keyOf(table, row)}`);
      continue;
    }
    for (const column of differingColumns(table, expected, row)) {
      const [is, due] = [row, expected].map((cells) => JSON.stringify(cells[column] ?? null));
      tell(audits, one, expected, `${table.name} ${keyOf(table, row)}: ${column} is ${is}, the journal gives ${due}`);
    }
  }
}

function tellMissing(audits: Audits, one: Case, { table, rows }: ExpectedRows): void {
  for (const row of rows.values()) {
    tell(audits, one, row, `${table.name} lacks the row ${keyOf(table, row)}`);
  }
  rows.clear();
}

/** `row`, where it says so, names the event that changed it last. */
function tell({ topic, note }: Audits, one: Case, row: Cells, text: string): void {
  const { partition, journal_offset: offset } = row;
  const { projection, generation } = one.generation;
  one.findings += 1;
  note({
    rule: 'projection',
    topic,
    partition: typeof partition === 'number' ? partition : null,
    offset: typeof offset === 'number' ? offset : null,
    text: `${projection}, generation ${generation}: ${text}`,
  });
}

function keyOf(table: Table, row: Cells): string {
  return table.key.map((column) => `${column}=${JSON.stringify(row[column] ?? null)}`).join(' ');
}
