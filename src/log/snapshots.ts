// Keeps the snapshots of the partitions that are written here: one at a time, off the path of the commands, and over a
// connection of its own. Whatever goes wrong with one costs a later rebuild some time, nothing else.
import { createConnection } from './connection.ts';
import type { HeldFold, PartitionJournal } from './partition-journal.ts';
import type { Pace } from './port.ts';
import type { FoundSnapshot, SnapshotSource } from './snapshot-read.ts';
import { findSnapshot } from './snapshot-read.ts';
import type { Manifest } from './snapshot-record.ts';
import { writeSnapshot } from './snapshot-write.ts';

export interface SnapshotsOptions<S> extends SnapshotSource<S> {
  readonly pace: Pace;
  /** Release of this program; for people. */
  readonly codeVersion: string;
  /** Journal records after which the next snapshot of a partition is due; 0: never. */
  readonly every: number;
  /** Where the last one was large, the next is due later: after so many records that it was no more for each of them. */
  readonly bytesPerEventMax: number;
  /** How long the last ones may take when the writers stop, ms. */
  readonly stopMsMax: number;
  /** How long one may keep everything else in this process waiting, ms. */
  readonly stepMsMax: number;
  readonly written: (manifest: Manifest, ms: number) => void;
  readonly failed: (partition: number, error: unknown) => void;
}

export interface Snapshots<S> {
  /** What a fold may begin with, or null: then it begins at zero. @throws the signal's reason when aborted */
  find(partition: number, signal: AbortSignal): Promise<FoundSnapshot<S> | null>;
  /** A fold that began with this one came to an error. */
  discard(manifest: Manifest, error: unknown): void;
  /**
   * The journal has grown and no batch is under way: takes a snapshot where one is due. While another one is being
   * taken it has to wait, for the next offer or until `isAtRest` then says that no batch is under way.
   */
  offer(journal: PartitionJournal<S>, isAtRest: () => boolean): void;
  /** Takes the last ones, of journals that nobody writes any more, as far as there is time. Never rejects. */
  stop(journals: readonly PartitionJournal<S>[]): Promise<void>;
}

/** What is known of the newest snapshot of a partition. */
type Newest = Pick<Manifest, 'end' | 'slot' | 'bytes'>;

interface Offer<S> {
  readonly journal: PartitionJournal<S>;
  readonly isAtRest: () => boolean;
}

/** When writers stop, this part of the usual number of records is enough. */
const stopShare = 0.1;

export function createSnapshots<S>(options: SnapshotsOptions<S>): Snapshots<S> {
  const { pace } = options;
  const newest = new Map<number, Newest>();
  const stopping = new AbortController();
  const waiting = new Map<number, Offer<S>>();
  let taking: Promise<void> | null = null;

  const since = ({ partition, end }: PartitionJournal<S>): number => end() - (newest.get(partition)?.end ?? 0);
  const dueAfter = ({ partition }: PartitionJournal<S>): number =>
    recordsBetween(options, newest.get(partition)?.bytes ?? 0);

  /** Never rejects. */
  async function take(partition: number, held: HeldFold<S>): Promise<void> {
    const connection = createConnection(options.log);
    const started = pace.now();
    const before = newest.get(partition);
    const slot = before?.slot === 0 ? 1 : 0;
    // Also when it fails: what could not be written now is tried again when as much has happened once more.
    newest.set(partition, { end: held.end, slot: before?.slot ?? 1, bytes: before?.bytes ?? 0 });
    try {
      const manifest = await writeSnapshot({ ...options, connection }, { partition, slot }, held, stopping.signal);
      newest.set(partition, manifest);
      options.written(manifest, pace.now() - started);
    } catch (error) {
      if (error !== stopping.signal.reason) options.failed(partition, error);
    } finally {
      held.release();
      await connection.close();
    }
  }

  function begin(journal: PartitionJournal<S>): void {
    waiting.delete(journal.partition);
    taking = take(journal.partition, journal.hold()).then(() => {
      taking = null;
      const next = [...waiting.values()].find(({ isAtRest }) => isAtRest());
      if (next !== undefined) begin(next.journal);
    });
  }

  return {
    async find(partition, signal) {
      newest.delete(partition);
      const found = await findSnapshot(options, partition, signal);
      if (found !== null) newest.set(partition, found.manifest);
      return found;
    },
    discard({ partition }, error) {
      newest.delete(partition);
      options.discarded(partition, 'no_way_on', error instanceof Error ? error.message : String(error));
    },
    offer(journal, isAtRest) {
      if (stopping.signal.aborted || since(journal) < dueAfter(journal)) return;
      if (taking === null) begin(journal);
      else waiting.set(journal.partition, { journal, isAtRest });
    },
    async stop(journals) {
      waiting.clear();
      const over = new AbortController();
      const limit = pace.sleep(options.stopMsMax, over.signal).then(() => stopping.abort(new Error('no time left')));
      await taking;
      const due = journals.filter((journal) => since(journal) >= dueAfter(journal) * stopShare);
      for (const journal of due.sort((a, b) => since(b) - since(a))) {
        if (!stopping.signal.aborted) await take(journal.partition, journal.hold());
      }
      over.abort();
      await limit;
    },
  };
}

/** Journal records from a snapshot of so many bytes to the next one. */
export function recordsBetween(
  { every, bytesPerEventMax }: Pick<SnapshotsOptions<unknown>, 'every' | 'bytesPerEventMax'>,
  bytes: number,
): number {
  return every === 0 ? Infinity : Math.max(every, bytes / bytesPerEventMax);
}
