// A follower that remembers, for assertions.
import type { Follower, FollowOptions, Log, LogRecord } from '../../../src/log/port.ts';
import { valueOf } from './fixture.ts';

let groups = 0;

/** A follower that writes down what it gets, and what it should not have got. */
export class Reader {
  readonly lost: number[] = [];
  readonly troubles: Error[] = [];
  /** Deliveries that left something out, came twice, or came when the partition was not ours. */
  readonly faults: string[] = [];
  readonly #records = new Map<number, LogRecord[]>();
  readonly #next = new Map<number, number>();
  readonly #starts = new Map<number, number>();
  #follower: Follower | undefined;

  static async join(
    log: Log,
    topic: string,
    options: Partial<FollowOptions> = {},
    onNext: (partition: number, next: number) => void = () => undefined,
  ): Promise<Reader> {
    const reader = new Reader();
    const { start, ...given } = { ...(await Reader.options(topic)), ...options };
    reader.#follower = await log.follow({
      ...given,
      start: async (partition, signal) => {
        reader.#starts.set(partition, (reader.#starts.get(partition) ?? 0) + 1);
        const next = await start(partition, signal);
        if (!signal.aborted) reader.#next.set(partition, next);
        return next;
      },
      deliver: (partition, records) => {
        reader.#take(partition, records);
        onNext(partition, reader.next(partition));
      },
      lost: (partition) => {
        reader.lost.push(partition);
        reader.#next.delete(partition);
      },
      trouble: (error) => reader.troubles.push(error),
    });
    return reader;
  }

  static options(topic: string): Promise<FollowOptions> {
    groups += 1;
    return Promise.resolve({
      topic,
      group: `${topic}.reader.${groups}`,
      assignment: 'shared',
      start: () => Promise.resolve(0),
      deliver: () => undefined,
      lost: () => undefined,
      trouble: () => undefined,
    });
  }

  get follower(): Follower {
    if (this.#follower === undefined) throw new Error('it has not joined');
    return this.#follower;
  }

  records(partition: number): readonly LogRecord[] {
    return this.#records.get(partition) ?? [];
  }

  values(partition: number): string[] {
    return this.records(partition).map(valueOf);
  }

  /** Offset that is due next; -1 when the partition is not ours. */
  next(partition: number): number {
    return this.#next.get(partition) ?? -1;
  }

  startsOf(partitions: readonly number[]): number[] {
    return partitions.map((partition) => this.#starts.get(partition) ?? 0);
  }

  #take(partition: number, records: readonly LogRecord[]): void {
    for (const record of records) {
      if (record.offset !== this.next(partition)) {
        this.faults.push(`${partition}: ${record.offset} came, ${this.next(partition)} was due`);
      }
      this.#next.set(partition, record.offset + 1);
    }
    this.#records.set(partition, [...this.records(partition), ...records]);
  }
}
