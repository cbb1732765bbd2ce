// The open dead letters of one consumer, folded from their topic: who is parked, and whom somebody wants retried or
// discarded. Every worker reads all of it, at its start from the first record.
import type { DeadLetter, LetterRecord, ParkedRecord } from '../../schemas/dead-letters.ts';
import { decodeLetter, encodeLetter, letterAfter, letterHeader } from '../../schemas/dead-letters.ts';
import type { Follower, Log, LogRecord, Pace } from '../../src/log/port.ts';
import type { Sender } from '../../src/log/sender.ts';
import { createSender } from '../../src/log/sender.ts';

/** A letter that is not settled, with what its job needs to go on. */
export interface OpenLetter {
  readonly letter: DeadLetter;
  readonly parked: ParkedRecord;
}

export interface LetterBook {
  /** The open letter of an order. */
  find(orderId: string): OpenLetter | undefined;
  /** All open letters of a partition. */
  of(partition: number): readonly OpenLetter[];
  size(): number;
  /** Reads on to the present end of the topic. @throws LogError; the signal's reason */
  catchUp(signal: AbortSignal): Promise<void>;
  /** Appends a record, again and again until the log has it. @throws the signal's reason */
  write(record: LetterRecord, signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

export interface BookOptions {
  readonly log: Log;
  readonly topic: string;
  /** A group of this process alone. */
  readonly group: string;
  readonly consumer: string;
  readonly sendRecordsMax: number;
  readonly sendBytesMax: number;
  readonly pace: Pace;
  /** Somebody wants a letter retried or discarded. */
  readonly wanted: (open: OpenLetter) => void;
  readonly trouble: (error: unknown) => void;
}

const lookAgainMs = 20;
const writeAgainMs = 500;

/** Joins and begins to read. @throws LogError */
export async function openLetterBook(options: BookOptions): Promise<LetterBook> {
  const { log, topic, consumer, pace, trouble } = options;
  const open = new Map<string, OpenLetter>();
  let next = 0;
  const fold = (record: LogRecord): void => {
    const now = foldInto(open, consumer, record);
    if (now !== null && now.letter.status !== 'parked') options.wanted(now);
  };
  const sender = createSender({
    log,
    topic,
    recordsMax: options.sendRecordsMax,
    bytesMax: options.sendBytesMax,
    clock: () => undefined,
    trouble,
  });

  const follower: Follower = await log.follow({
    topic,
    group: options.group,
    assignment: 'all',
    start: () => Promise.resolve(next),
    deliver: (_partition, records) => {
      for (const record of records) {
        if (record.offset < next) continue;
        fold(record);
        next = record.offset + 1;
      }
    },
    lost: () => undefined,
    trouble,
  });

  return {
    find: (orderId) => open.get(orderId),
    of: (partition) => [...open.values()].filter(({ letter }) => letter.partition === partition),
    size: () => open.size,
    catchUp: async (signal) => {
      const end = (await log.ends(topic)).get(0)?.high ?? 0;
      while (next < end) {
        signal.throwIfAborted();
        await pace.sleep(lookAgainMs, signal);
      }
    },
    write: (record, signal) => write(options, sender, record, signal),
    stop: async () => void (await Promise.all([follower.stop(), sender.stop()])),
  };
}

/** Folds a record; answers the letter where it changed and is open. */
function foldInto(open: Map<string, OpenLetter>, consumer: string, record: LogRecord): OpenLetter | null {
  const read = record.headers[letterHeader] === undefined ? null : decodeLetter(record.value);
  if (read?.consumer !== consumer) return null;
  const known = open.get(read.order_id);
  const letter = letterAfter(known?.letter ?? null, read, record.at);
  const parked = read.kind === 'parked' ? read : known?.parked;
  if (letter === null || parked === undefined || letter === known?.letter) return null;
  open.delete(read.order_id);
  if (letter.status === 'resolved' || letter.status === 'discarded') return null;
  const now = { letter, parked };
  open.set(read.order_id, now);
  return now;
}

async function write(
  { pace, trouble }: BookOptions,
  sender: Sender,
  record: LetterRecord,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      await sender.send(0, encodeLetter(record));
      return;
    } catch (error) {
      trouble(error);
    }
    await pace.sleep(writeAgainMs, signal);
  }
}
