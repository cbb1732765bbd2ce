// How far the commands of a partition are decided, read from the end of its journal backwards: cheap, whatever the
// length of the journal, and the same truth that a writer finds when it takes the partition over.
import type { PlacedEvent } from '../../schemas/records.ts';
import { counts } from './journal.ts';
import type { Ends, Log, LogRecord } from './port.ts';
import type { Reading } from './reading.ts';

export interface ProgressSource {
  readonly log: Log;
  /** The journal. */
  readonly topic: string;
  readonly reading: Reading;
}

/** Records of the first look; each further one is twice as far. */
const firstLook = 16;

/**
 * The last counted event below the end of a partition's journal; null where there is none.
 * @throws LedgerAlarm when it cannot be read; LogError; the signal's reason
 */
export async function lastEvent(
  { log, topic, reading }: ProgressSource,
  partition: number,
  { low, high }: Ends,
  signal?: AbortSignal,
): Promise<PlacedEvent | null> {
  let to = high;
  for (let look = firstLook; to > low; look *= 2) {
    const from = Math.max(low, to - look);
    const found: LogRecord[] = [];
    const keepLast = (records: readonly LogRecord[]): void => {
      const last = records.findLast(counts);
      if (last !== undefined) found[0] = last;
    };
    await log.read({ topic, partition, from, to }, keepLast, signal);
    const [record] = found;
    if (record !== undefined) return { ...(await reading.event(partition, record, signal)), offset: record.offset };
    to = from;
  }
  return null;
}
