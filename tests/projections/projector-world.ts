// A projector over the log in memory and real Postgres: journals that tests append to, several projectors at once, and
// the rows that a plain fold of the same events has.
import type { Pool } from 'pg';
import { expect } from '@jest/globals';
import { startProjector } from '../../consumers/projector.ts';
import type { ProjectorOptions, ProjectorStatus, RunningProjector } from '../../consumers/projector/options.ts';
import { orderState } from '../../projections/order-state/project.ts';
import type { JournalEvent, Projection } from '../../projections/projection.ts';
import { createMemorySink } from '../../projections/sinks/memory.ts';
import { stock } from '../../projections/stock/project.ts';
import type { EventRecord } from '../../schemas/records.ts';
import { positionHeader, positionOf } from '../../src/log/journal.ts';
import type { MemoryClient, MemoryLog } from '../../src/log/memory/memory-log.ts';
import { createMemoryLog } from '../../src/log/memory/memory-log.ts';
import type { InjectedRecord } from '../../src/log/memory/memory-topics.ts';
import type { LogRecord } from '../../src/log/port.ts';
import { realPace } from '../../src/platform/pace.ts';
import { eventually } from '../support/servers.ts';
import type { TestDatabase } from './database.ts';
import type { TestJournal } from './events.ts';
import { accepted, cancelled, created, createJournal, held, orderId, refused, released } from './events.ts';

export const journalTopic = 'test.events';
export const partitions = 3;

export interface World {
  readonly log: MemoryLog;
  readonly journals: readonly TestJournal[];
  /** Puts what is new in the journals on the log, with void records and holes between; answers how many of those. */
  publish(): number;
  /** Puts one raw record at the end of a partition. */
  inject(partition: number, record: InjectedRecord): void;
  /** Next offsets of the log. */
  ends(): Promise<ReadonlyMap<number, number>>;
  start(over?: Partial<ProjectorOptions>): Promise<RunningProjector>;
  /** Lines that the projectors logged, as messages. */
  readonly said: readonly string[];
  stopAll(): Promise<void>;
}

/** `strangers`: whether void records and holes lie between the events. */
export function createWorld(database: TestDatabase, strangers: boolean): World {
  const log = createMemoryLog({ topics: { [journalTopic]: partitions } });
  const journals = Array.from({ length: partitions }, (_, partition) => createJournal(partition));
  const published = journals.map(() => 0);
  const running: RunningProjector[] = [];
  const said: string[] = [];
  const note = (_fields: unknown, message?: unknown): void => {
    said.push(String(message));
  };
  // Offsets differ from those of the test journals as soon as a void record lies between: the log's own count.
  let end = journals.map(() => 0);

  function put(partition: number, record: InjectedRecord): void {
    log.inject(journalTopic, partition, [record]);
    end = end.map((offset, p) => (p === partition ? offset + 1 : offset));
  }

  return {
    log,
    journals,
    said,
    inject: put,
    publish() {
      let voids = 0;
      for (const { partition, events } of journals) {
        for (const event of events.slice(published[partition])) {
          if (strangers && event.offset % 4 === 2) {
            // Meant for another place: as the append of a writer that did not know everything before it.
            put(partition, recordOf(event, (end[partition] ?? 0) + 1));
            put(partition, 'hole');
            put(partition, { value: Buffer.from('no event'), headers: {} });
            voids += 3;
          }
          put(partition, recordOf(event, end[partition] ?? 0));
        }
        published[partition] = events.length;
      }
      return voids;
    },
    ends: async () => new Map([...(await log.ends(journalTopic))].map(([partition, { high }]) => [partition, high])),
    async start(over = {}) {
      const projector = await startProjector({
        log,
        journal: journalTopic,
        group: 'test.projector',
        decode: (_partition, record) => decode(record),
        pool: database.pool,
        config: {
          projectorBatchMax: 50,
          projectorQueueMax: 1_000,
          followRestMs: 0,
          retiredFollowS: 3_600,
          generationsPollMs: 100,
        },
        logger: { info: note, warn: note, error: note },
        pace: realPace,
        ...over,
      });
      running.push(projector);
      return projector;
    },
    async stopAll() {
      await Promise.all(running.splice(0).map((projector) => projector.stop()));
    },
  };
}

/** A journal record as writers make them: JSON stands in for Avro, which tests of the schemas cover. */
export function recordOf(event: EventRecord, stated: number): InjectedRecord {
  const { type, data, meta } = event;
  return {
    key: Buffer.from('product'),
    value: Buffer.from(JSON.stringify({ type, data, meta })),
    headers: { [positionHeader]: positionOf(stated, []) },
  };
}

/** @throws SyntaxError for bytes that are no event */
export function decode(record: LogRecord): EventRecord {
  return JSON.parse(Buffer.from(record.value ?? []).toString()) as EventRecord;
}

/** Adds a product and orders of all kinds to every journal; numbers from `first` on, so that ids never repeat. */
export function trade(journals: readonly TestJournal[], first: number, orders: number): void {
  for (const journal of journals) {
    const { partition } = journal;
    const product = `p-${partition}-${first}`;
    journal.command(created(product, { stock: 10_000 }));
    for (let n = first; n < first + orders; n++) {
      const id = orderId(n, partition);
      const lines = [[product, 1]] as [string, number][];
      if (n % 5 === 0) journal.command(refused(id, { lines }));
      else journal.command(held(product, id, 1, [10_000, 1]), accepted(id, { lines }));
      if (n % 3 === 0 && n % 5 !== 0) journal.command(cancelled(id), released(product, id, 1, [10_000, 0]));
    }
  }
}

/** Waits until all checkpoints stand at the ends of the log. */
export async function caughtUp(database: TestDatabase, world: World, withinMs = 10_000): Promise<void> {
  const ends = await world.ends();
  for (const projection of [orderState, stock]) {
    const sink = await database.sink(projection);
    const holds = async (): Promise<boolean> => {
      const checkpoints = await sink.checkpoints();
      return [...ends].every(([partition, end]) => checkpoints.get(partition) === end);
    };
    await eventually(holds, { withinMs, what: `${projection.name} catches up with the journal` });
  }
}

/** Rows in Postgres are those of a plain fold of what counts on the log. */
export async function expectRowsOfTheFold(database: TestDatabase, world: World): Promise<void> {
  const events = await countedEvents(world);
  for (const projection of [orderState, stock]) {
    const sink = await database.sink(projection);
    const fold = createMemorySink(projection);
    await foldAll(projection, fold, events);
    for (const { name } of projection.tables) {
      const byText = (rows: readonly object[]) => rows.map((row) => JSON.stringify(sorted(row))).sort();
      expect({ [name]: byText(await sink.rows(name)) }).toEqual({ [name]: byText(fold.rows(name)) });
    }
  }
}

export async function statusWhere(
  projector: RunningProjector,
  holds: (status: ProjectorStatus) => boolean,
  what: string,
): Promise<ProjectorStatus> {
  return eventually(() => (holds(projector.status()) ? projector.status() : null), { withinMs: 10_000, what }).then(
    (status) => {
      if (status === null) throw new Error(what);
      return status;
    },
  );
}

/** Throws a member's followers out, again and again, until the work is done. */
export async function bounce(client: MemoryClient, until: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const done = until.finally(() => over.abort());
  while (!over.signal.aborted) {
    client.expel();
    await realPace.sleep(20, over.signal);
  }
  await done;
}

/** Locks a table of the stock projection, so that its transactions wait. */
export async function withLock(pool: Pool, work: () => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN; LOCK TABLE stock_1.products IN ACCESS EXCLUSIVE MODE');
    await work();
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

async function countedEvents(world: World): Promise<readonly JournalEvent[]> {
  const events: JournalEvent[] = [];
  for (const [partition, high] of await world.ends()) {
    await world.log.read({ topic: journalTopic, partition, from: 0, to: high }, (records) => {
      for (const record of records) {
        const header = record.headers[positionHeader];
        // Said here once more and differently, so that the rule under test is not its own judge.
        const stated = header instanceof Uint8Array ? Number(Buffer.from(header).readBigUInt64BE()) : -1;
        if (stated === record.offset) events.push({ ...decode(record), offset: record.offset, partition });
      }
    });
  }
  return events;
}

async function foldAll(
  projection: Projection,
  fold: ReturnType<typeof createMemorySink>,
  events: readonly JournalEvent[],
): Promise<void> {
  const next = new Map<number, number>();
  for (const event of events) {
    const expected = next.get(event.partition) ?? 0;
    next.set(event.partition, event.offset + 1);
    await fold.apply(projection.project(event), new Map([[event.partition, { expected, next: event.offset + 1 }]]));
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  );
}
