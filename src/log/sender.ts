// Commands on their way to the log: those that wait travel together, one request in flight, so that their order here
// is their order there.
import { createConnection, requestBytes } from './connection.ts';
import type { Appended, Log, LogRecord, OutgoingRecord } from './port.ts';
import { LogError } from './port.ts';

export interface SenderOptions {
  readonly log: Log;
  readonly topic: string;
  readonly recordsMax: number;
  readonly bytesMax: number;
  /** Hears the broker's clock with every answer, ms since the epoch. */
  readonly clock: (at: number) => void;
  readonly trouble: (error: LogError) => void;
  /** Hears of records that the broker acknowledged, after their senders did; absent where nobody wants to know. */
  readonly landed?: ((partition: number, records: readonly LogRecord[]) => void) | undefined;
}

export interface Sender {
  /** Resolves with the offset. @throws LogError; after `unknown` the record may have landed, or may yet */
  send(partition: number, record: OutgoingRecord): Promise<number>;
  queued(): number;
  /** Sends what waits, then closes. */
  stop(): Promise<void>;
}

interface Waiting {
  readonly partition: number;
  readonly record: OutgoingRecord;
  readonly resolve: (offset: number) => void;
  readonly reject: (error: unknown) => void;
}

export function createSender(options: SenderOptions): Sender {
  let waiting: Waiting[] = [];
  const connection = createConnection(options.log);
  let running: Promise<void> | null = null;
  let stopped = false;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const { batches, left } = cut(waiting, options);
      waiting = left;
      await sendOne(batches);
    }
    running = null;
  }

  async function sendOne(batches: ReadonlyMap<number, readonly Waiting[]>): Promise<void> {
    try {
      const records = new Map([...batches].map(([partition, batch]) => [partition, batch.map(({ record }) => record)]));
      const landed = await connection.append(options.topic, records);
      for (const [partition, batch] of batches) {
        const place = landed.get(partition);
        if (place !== undefined && place.at >= 0) options.clock(place.at);
        batch.forEach((one, i) =>
          place === undefined ? one.reject(noAnswer(partition)) : one.resolve(place.baseOffset + i),
        );
        if (place !== undefined && place.at >= 0) options.landed?.(partition, placed(place, batch));
      }
    } catch (error) {
      if (error instanceof LogError) options.trouble(error);
      for (const batch of batches.values()) for (const one of batch) one.reject(error);
    }
  }

  return {
    send: (partition, record) => {
      if (stopped) return Promise.reject(new LogError('unavailable', 'the sender was stopped'));
      return new Promise((resolve, reject) => {
        waiting.push({ partition, record, resolve, reject });
        running ??= drain();
      });
    },
    queued: () => waiting.length,
    stop: async () => {
      stopped = true;
      await running;
      await connection.close();
    },
  };
}

/** The records as a reader of the log will find them. */
function placed({ baseOffset, at }: Appended, batch: readonly Waiting[]): LogRecord[] {
  return batch.map(({ record: { key, value, headers = {} } }, i) => ({
    offset: baseOffset + i,
    at,
    key: typeof key === 'string' ? Buffer.from(key) : key,
    value,
    headers,
    hole: false,
  }));
}

/** Takes as much as one request may carry, in order; a partition that is full keeps the rest waiting. */
function cut(
  waiting: readonly Waiting[],
  { recordsMax, bytesMax }: SenderOptions,
): { batches: ReadonlyMap<number, readonly Waiting[]>; left: Waiting[] } {
  const batches = new Map<number, Waiting[]>();
  const bytes = new Map<number, number>();
  const full = new Set<number>();
  const left: Waiting[] = [];
  for (const one of waiting) {
    const batch = batches.get(one.partition) ?? [];
    const size = (bytes.get(one.partition) ?? 0) + requestBytes(one.record.value);
    if (full.has(one.partition) || batch.length >= recordsMax || (batch.length > 0 && size > bytesMax)) {
      full.add(one.partition);
      left.push(one);
      continue;
    }
    batch.push(one);
    batches.set(one.partition, batch);
    bytes.set(one.partition, size);
  }
  return { batches, left };
}

function noAnswer(partition: number): LogError {
  return new LogError('unknown', `the broker did not say where the records of partition ${partition} landed`);
}
