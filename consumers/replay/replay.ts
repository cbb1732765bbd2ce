// A replay from its entry in the register to a generation that has caught up: rows in a schema of its own, nobody's but
// the replay's until then, and a manifest. What is killed half-way is gone on with from the checkpoints.
import type { Pool } from 'pg';
import { sumsOf } from '../../projections/dump.ts';
import type { Projection } from '../../projections/projection.ts';
import { enterReplay, noteEnd, noteProgress, replayLockClass } from '../../projections/replays.ts';
import type { NewReplay, Replay, ReplayRange } from '../../projections/replays.ts';
import type { Store } from '../../projections/store.ts';
import { LedgerAlarm } from '../../src/log/alarm.ts';
import type { Log, Pace } from '../../src/log/port.ts';
import type { Reading } from '../../src/log/reading.ts';
import type { Config } from '../../src/platform/config.ts';
import type { Manifest } from './manifest.ts';
import { manifestOf } from './manifest.ts';
import { runReplay } from './run.ts';
import { createTally } from './tally.ts';
import type { Tally } from './tally.ts';

export interface ReplayDeps {
  readonly log: Pick<Log, 'read' | 'ends'>;
  /** Topic of the events. */
  readonly topic: string;
  readonly reading: Pick<Reading, 'event' | 'head'>;
  readonly pool: Pool;
  readonly store: Store;
  readonly pace: Pace;
  readonly config: Pick<Config, 'replayBatchMax'>;
}

/** What a replay tells while it works. */
export interface ReplayProgress {
  readonly phase: 'reading' | 'indexing' | 'following' | 'summing';
  readonly partitions: readonly { readonly partition: number; readonly offset: number; readonly end: number }[];
  readonly events: number;
  readonly eventsPerS: number;
  /** Seconds until the end that is known now; null while nobody can tell. */
  readonly etaS: number | null;
  /** What is being waited for; null when all is well. */
  readonly error: string | null;
}

export type OnProgress = (progress: ReplayProgress) => void;

/** So close to the end of the journal a projector takes over, records. */
const closeMax = 2_000;
/** A journal that grows faster than it is replayed is left to the projector after so many rounds. */
const roundsMax = 50;
const noteEveryMs = 500;

/** Where a replay of the whole journal begins and ends now. @throws LedgerAlarm where its beginning is gone; LogError */
export async function wholeJournal({ log, topic }: Pick<ReplayDeps, 'log' | 'topic'>): Promise<readonly ReplayRange[]> {
  const ends = [...(await log.ends(topic))].sort(([a], [b]) => a - b);
  return ends.map(([partition, { low, high }]) => {
    if (low > 0) throw new LedgerAlarm('journal_shrank', partition, `the records below offset ${low} are gone`);
    return { partition, from: 0, to: high };
  });
}

/** Enters a replay in the register and makes its tables. @throws NameTaken; the driver's error */
export async function startReplay(deps: Pick<ReplayDeps, 'pool' | 'store'>, wanted: NewReplay): Promise<Replay> {
  const replay = await enterReplay(deps.pool, wanted);
  await deps.store.create({ ...replay, projection: wanted.projection });
  return replay;
}

/**
 * Works on a replay until it has caught up, from where it stands.
 * @throws Error where another process works on it; what stopped it, which then also stands in the register
 */
export async function workOn(
  deps: ReplayDeps,
  replay: Replay,
  projection: Projection,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Manifest> {
  const lock = await holdLock(deps.pool, replay);
  try {
    // Dropped or activated since it was looked up: its tables are not ours to fill.
    if (!(await noteEnd(deps.pool, replay, { status: 'running' })))
      throw new Error(`replay ${replay.replayId} is over: there is nothing to work on`);
    const manifest = await catchUp(deps, replay, projection, onProgress, signal);
    await noteEnd(deps.pool, replay, { status: 'caught_up', manifest });
    return manifest;
  } catch (error) {
    // Whoever ended the process may go on later; a replay that cannot go on says why.
    if (!signal.aborted) {
      const said = error instanceof Error ? error.message : String(error);
      await noteEnd(deps.pool, replay, { status: 'failed', error: said });
    }
    throw error;
  } finally {
    lock.release();
  }
}

async function catchUp(
  deps: ReplayDeps,
  replay: Replay,
  projection: Projection,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Manifest> {
  const { pool, store, pace, config, log } = deps;
  const place = { ...replay, projection };
  await store.create(place);
  const tally = createTally();
  const report = createReport(deps, replay, tally, onProgress);
  const run = (ranges: readonly ReplayRange[], counted: Tally): Promise<readonly ReplayRange[]> => {
    const selection = replay.request;
    const sink = store.sink(place);
    const changesMax = config.replayBatchMax;
    const work = { ...deps, projection, sink, ranges, selection, rate: selection.rate, changesMax, tally: counted };
    return runReplay({ ...work, trouble: report.trouble, progress: report.at }, signal);
  };
  let ranges = await run(replay.ranges, tally);
  const follow = async (counted: Tally): Promise<void> => {
    for (let round = 0; round < roundsMax && !replay.private; round++) {
      const ends = await log.ends(deps.topic);
      const more = ranges.map(({ partition, to }) => ({ partition, from: to, to: ends.get(partition)?.high ?? to }));
      const left = more.reduce((sum, { from, to }) => sum + to - from, 0);
      report.extend(more);
      if (left <= closeMax && round > 0) return;
      const read = await run(more, counted);
      ranges = ranges.map((range) => ({
        ...range,
        to: read.find((r) => r.partition === range.partition)?.to ?? range.to,
      }));
    }
  };
  await follow(tally);
  report.phase('indexing');
  await store.finish(place);
  await follow(tally);
  report.phase('summing');
  await noteProgress(pool, replay.replayId, { ranges, events: tally.events() });
  signal.throwIfAborted();
  const tables = await store.picture(place, (picture) => sumsOf(projection, picture));
  const now = new Date(Date.now());
  const manifest = manifestOf({ ...replay, projection: projection.name, ranges, tally, tables, now });
  // What came in meanwhile is no part of the manifest. The less of it is left, the shorter is the way back for the
  // projector that takes over, whose other generations wait on that way.
  await follow(createTally());
  report.end();
  await pace.sleep(0, signal);
  return manifest;
}

/** Held for as long as the process lives and works on it. @throws Error where another one does */
async function holdLock(pool: Pool, { lockId, replayId }: Replay): Promise<{ release(): void }> {
  const client = await pool.connect();
  const { rows } = await client.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS held', [
    replayLockClass,
    lockId,
  ]);
  if (rows[0]?.held === true) return { release: () => client.release(true) };
  client.release(true);
  throw new Error(`another process works on replay ${replayId}`);
}

interface Report {
  at(progress: { readonly partition: number; readonly next: number }): void;
  phase(phase: ReplayProgress['phase']): void;
  /** More has to be read than was known. */
  extend(ranges: readonly ReplayRange[]): void;
  trouble(error: unknown): void;
  end(): void;
}

function createReport(deps: ReplayDeps, replay: Replay, tally: Tally, onProgress: OnProgress): Report {
  const { pool, pace } = deps;
  const started = pace.now();
  const stand = new Map(
    replay.ranges.map(({ partition, to }) => [partition, { offset: replay.checkpoints[partition] ?? 0, end: to }]),
  );
  const doneAtStart = sum(stand, 'offset');
  let phase: ReplayProgress['phase'] = 'reading';
  let error: string | null = null;
  let notedAt = -Infinity;
  let noting: Promise<void> | null = null;

  function tell(): void {
    const seconds = Math.max(0.001, (pace.now() - started) / 1_000);
    const done = sum(stand, 'offset');
    const eventsPerS = Math.round(tally.events() / seconds);
    const perS = (done - doneAtStart) / seconds;
    const left = sum(stand, 'end') - done;
    const etaS = left === 0 ? 0 : perS > 0 ? Math.ceil(left / perS) : null;
    const partitions = [...stand].map(([partition, { offset, end }]) => ({ partition, offset, end }));
    onProgress({ phase, partitions, events: tally.events(), eventsPerS, etaS, error });
    if (noting !== null || pace.now() - notedAt < noteEveryMs) return;
    notedAt = pace.now();
    noting = noteProgress(pool, replay.replayId, { events: tally.events(), eventsPerS })
      // Those who look see an older number; the work itself waits for its server by itself.
      .catch((trouble: unknown) => report.trouble(trouble))
      .finally(() => {
        noting = null;
      });
  }

  const report: Report = {
    at({ partition, next }) {
      error = null;
      const at = stand.get(partition);
      if (at !== undefined) stand.set(partition, { offset: Math.max(at.offset, next), end: Math.max(at.end, next) });
      tell();
    },
    phase(now) {
      phase = now;
      tell();
    },
    extend(ranges) {
      for (const { partition, to } of ranges) {
        const at = stand.get(partition);
        if (at !== undefined) stand.set(partition, { ...at, end: Math.max(at.end, to) });
      }
    },
    trouble(cause) {
      error = cause instanceof Error ? cause.message : String(cause);
      tell();
    },
    end: tell,
  };
  return report;
}

function sum(
  stand: ReadonlyMap<number, { readonly offset: number; readonly end: number }>,
  what: 'offset' | 'end',
): number {
  return [...stand.values()].reduce((total, at) => total + at[what], 0);
}
