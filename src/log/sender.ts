// Commands on their way to the log: those that wait travel together, one request in flight, so that their order here
// is their order there.
import { createConnection } from './connection.ts';
import type { Log, LogRecord, OutgoingRecord } from './port.ts';
import { LogError } from './port.ts';
import type { RequestLimits, Waiting } from './requests.ts';
import { cut, placed, recordsOf } from './requests.ts';

export interface SenderOptions extends RequestLimits {
  readonly log: Log;
  readonly topic: string;
  /** Hears the broker's clock with every answer, ms since the epoch. */
  readonly clock: (at: number) => void;
  readonly trouble: (error: LogError) => void;
  /**
   * Resolves when those who are about to send have done so: then fewer requests carry more each. Asked while commands
   * come in company; whoever is alone waits for nobody. Absent: nobody is waited for.
   */
  readonly gather?: (() => Promise<void>) | undefined;
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

interface Command extends Waiting {
  readonly resolve: (offset: number) => void;
  readonly reject: (error: unknown) => void;
}

export function createSender(options: SenderOptions): Sender {
  let waiting: Command[] = [];
  const connection = createConnection(options.log);
  let running: Promise<void> | null = null;
  let stopped = false;
  /** Whether the last request carried more than one command. */
  let inCompany = false;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      if (inCompany && options.gather !== undefined) await options.gather();
      const { batches, left } = cut(waiting, options);
      inCompany = waiting.length - left.length > 1;
      waiting = left;
      await sendOne(batches);
    }
    running = null;
  }

  async function sendOne(batches: ReadonlyMap<number, readonly Command[]>): Promise<void> {
    try {
      const landed = await connection.append(options.topic, recordsOf(batches));
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

function noAnswer(partition: number): LogError {
  return new LogError('unknown', `the broker did not say where the records of partition ${partition} landed`);
}
