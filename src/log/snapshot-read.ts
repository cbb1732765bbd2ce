// Finds the newest snapshot of a partition that fits the ledger, this release and the journal. Nothing is taken on
// trust: what does not fit is passed over, and where none is left the fold begins at zero.
import { createHash } from 'node:crypto';
import type { StateCodec } from './decider-port.ts';
import { counts } from './journal.ts';
import type { Fold } from './partition-journal.ts';
import { lastOf } from './partition-journal.ts';
import type { Log, LogRecord } from './port.ts';
import { LogError } from './port.ts';
import type { Reading } from './reading.ts';
import type { Manifest } from './snapshot-record.ts';
import { isPieceOf, readManifest } from './snapshot-record.ts';

/**
 * Why a snapshot is not used.
 * - `other_ledger`, `other_evolve_version`: it is of another ledger or another kind of release.
 * - `beyond_journal`: the journal ends before it.
 * - `other_history`: its last event is not the one that lies there.
 * - `incomplete`: some of its pieces are not there, or they make no state.
 * - `other_hash`: its pieces are not those that were written.
 * - `unreadable`: the topic could not be read.
 * - `no_way_on`: the journal did not go on from it; a rebuild from zero tells whose fault that is.
 */
export type Misfit =
  | 'other_ledger'
  | 'other_evolve_version'
  | 'beyond_journal'
  | 'other_history'
  | 'incomplete'
  | 'other_hash'
  | 'unreadable'
  | 'no_way_on';

export interface SnapshotSource<S> {
  readonly log: Log;
  readonly topic: string;
  readonly eventsTopic: string;
  readonly reading: Reading;
  readonly states: StateCodec<S>;
  readonly ledgerId: string;
  /** Hears why a snapshot was passed over. */
  readonly discarded: (partition: number, misfit: Misfit, detail: string) => void;
}

export interface FoundSnapshot<S> {
  readonly manifest: Manifest;
  readonly fold: Fold<S>;
}

/** Manifests that are looked at, newest first: two slots, and what compaction has not yet taken away. */
const manifestsMax = 4;
/** Records that the first look at the end of the topic takes; each further look takes that many times more. */
const lookFactor = 8;

/** The newest snapshot that fits, or null. @throws the signal's reason when aborted */
export async function findSnapshot<S>(
  source: SnapshotSource<S>,
  partition: number,
  signal?: AbortSignal,
): Promise<FoundSnapshot<S> | null> {
  try {
    let tries = 0;
    for await (const found of manifests(source, partition, signal)) {
      const fold = await tryOne(source, partition, found, signal);
      if (fold !== null) return { manifest: found.manifest, fold };
      if ((tries += 1) >= manifestsMax) break;
    }
  } catch (error) {
    // A cache that cannot be read must not keep a partition from being written.
    if (!(error instanceof LogError)) throw error;
    source.discarded(partition, 'unreadable', error.message);
  }
  return null;
}

interface FoundManifest {
  readonly manifest: Manifest;
  readonly offset: number;
}

/** Goes back from the end in ever longer looks: mostly the last record is the manifest that is wanted. */
async function* manifests<S>(
  { log, topic }: SnapshotSource<S>,
  partition: number,
  signal?: AbortSignal,
): AsyncGenerator<FoundManifest> {
  const { low = 0, high = 0 } = (await log.ends(topic)).get(partition) ?? {};
  for (let to = high, records = 1; to > low; records *= lookFactor) {
    const from = Math.max(low, to - records);
    const found: FoundManifest[] = [];
    const look = (page: readonly LogRecord[]): void => {
      for (const record of page) {
        const manifest = readManifest(record);
        if (manifest !== null) found.push({ manifest, offset: record.offset });
      }
    };
    await log.read({ topic, partition, from, to }, look, signal);
    yield* found.reverse();
    to = from;
  }
}

async function tryOne<S>(
  source: SnapshotSource<S>,
  partition: number,
  { manifest, offset }: FoundManifest,
  signal?: AbortSignal,
): Promise<Fold<S> | null> {
  const misfit =
    (await misfitOf(source, partition, manifest, signal)) ?? (await restore(source, manifest, offset, signal));
  if (typeof misfit !== 'string') {
    const { end, last, log_time: time } = manifest;
    return { state: misfit.state, end, last, time };
  }
  const { slot, end, code_version } = manifest;
  source.discarded(partition, misfit, `slot ${slot}, up to journal offset ${end}, written by release ${code_version}`);
  return null;
}

/** What speaks against a snapshot, as far as its manifest and the journal tell. */
async function misfitOf<S>(
  { log, eventsTopic, reading, states, ledgerId }: SnapshotSource<S>,
  partition: number,
  { ledger_id, partition: of, evolve_version, end, last }: Manifest,
  signal?: AbortSignal,
): Promise<Misfit | null> {
  if (ledger_id !== ledgerId || of !== partition) return 'other_ledger';
  if (evolve_version !== states.evolveVersion) return 'other_evolve_version';
  if (((await log.ends(eventsTopic)).get(partition)?.high ?? 0) < end) return 'beyond_journal';
  const there: LogRecord[] = [];
  const range = { topic: eventsTopic, partition, from: end - 1, to: end };
  await log.read(range, (records) => void there.push(...records), signal);
  const record = there.find(({ offset }) => offset === end - 1);
  if (record === undefined || !counts(record)) return 'other_history';
  const event = await reading.event(partition, record, signal);
  const isSame = JSON.stringify(inOrder(lastOf(event, end - 1))) === JSON.stringify(inOrder(last));
  return isSame && last.index === last.count - 1 ? null : 'other_history';
}

function inOrder({ offset, command_offset, index, count, command_id, at, reason }: Fold<unknown>['last']): unknown[] {
  return [offset, command_offset, index, count, command_id, at, reason];
}

/** Makes the state of the pieces. */
async function restore<S>(
  { log, topic, states }: SnapshotSource<S>,
  manifest: Manifest,
  manifestOffset: number,
  signal?: AbortSignal,
): Promise<Misfit | { readonly state: S }> {
  const { partition, first_offset: from, pieces, state_hash } = manifest;
  const hash = createHash('sha256');
  const restoring = states.restore();
  let taken = 0;
  let isBroken = false;
  const attempt = <T>(step: () => T): T | null => {
    try {
      return isBroken ? null : step();
    } catch {
      // Damaged bytes may make anything; the hash below would tell as well, if they had made something.
      isBroken = true;
      return null;
    }
  };
  const take = (records: readonly LogRecord[]): void => {
    for (const record of records) {
      const { value } = record;
      if (value === null || !isPieceOf(manifest, record)) continue;
      hash.update(value);
      taken += 1;
      attempt(() => restoring.add(value));
    }
  };
  await log.read({ topic, partition, from, to: manifestOffset }, take, signal);
  if (taken !== pieces) return 'incomplete';
  if (hash.digest('hex') !== state_hash) return 'other_hash';
  const state = attempt(restoring.state);
  return state === null ? 'incomplete' : { state };
}
