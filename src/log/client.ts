// The log as an API instance uses it: commands go in through one sender, outcomes come back from the journal, in which
// this instance reads only the records that name it.
import type { Topics } from '../../schemas/topics.ts';
import type { CommandRecord } from '../../schemas/records.ts';
import { createBrokerClock } from './broker-clock.ts';
import type { LedgerClient, Outcome } from './client-port.ts';
import { answersAt, counts, uuidToBytes } from './journal.ts';
import { partitionOf } from './partitioner.ts';
import type { Log, LogRecord, Pace } from './port.ts';
import type { Reading } from './reading.ts';
import { createSender } from './sender.ts';

export interface LedgerClientOptions {
  readonly log: Log;
  readonly topics: Topics;
  readonly partitions: number;
  /** A uuid, new for each start. */
  readonly instanceId: string;
  readonly encode: (command: CommandRecord) => Uint8Array;
  readonly reading: Reading;
  readonly sendRecordsMax: number;
  readonly sendBytesMax: number;
  readonly pace: Pace;
  /** Signs of trouble that are being dealt with, for logs. */
  readonly trouble: (error: unknown) => void;
}

export interface RunningClient extends LedgerClient {
  /** Sends what waits, stops listening. */
  stop(): Promise<void>;
}

/** Connects; resolves when outcomes can be heard. @throws LogError */
export async function startLedgerClient(options: LedgerClientOptions): Promise<RunningClient> {
  const { log, topics, partitions, pace, trouble, instanceId } = options;
  const clock = createBrokerClock({ log, topic: topics.clock, pace, trouble });
  await clock.start();
  const sender = createSender({
    log,
    topic: topics.commands,
    recordsMax: options.sendRecordsMax,
    bytesMax: options.sendBytesMax,
    clock: clock.heard,
    trouble: (error) => {
      clock.check();
      trouble(error);
    },
  });
  const startEnds = new Map([...(await log.ends(topics.events))].map(([partition, { high }]) => [partition, high]));
  const tail = await followOutcomes(options, startEnds);

  return {
    instanceId,
    partitions,
    startEnds,
    partitionOf: (productId) => partitionOf(productId, partitions),
    submit: async (partition, command, traceparent = null) => {
      const headers = traceparent === null ? {} : { headers: { traceparent: Buffer.from(traceparent) } };
      const record = { key: keyOf(command), value: options.encode(command), ...headers };
      return { offset: await sender.send(partition, record) };
    },
    onOutcome: tail.onOutcome,
    journalEnds: () => log.ends(topics.events),
    brokerNow: clock.now,
    ready: () => clock.alive() && tail.hears(),
    stop: async () => {
      await sender.stop();
      await tail.stop();
      await clock.stop();
    },
  };
}

interface Tail {
  onOutcome(listener: (outcome: Outcome) => void): void;
  hears(): boolean;
  stop(): Promise<void>;
}

/** Follows all journal partitions from the ends given and hears the events that answer callers of this instance. */
async function followOutcomes(options: LedgerClientOptions, startEnds: ReadonlyMap<number, number>): Promise<Tail> {
  const { log, topics, reading, instanceId } = options;
  const me = uuidToBytes(instanceId);
  const next = new Map(startEnds);
  let listener: ((outcome: Outcome) => void) | null = null;

  async function hear(partition: number, record: LogRecord): Promise<void> {
    const read = reading.event(partition, record);
    const event = read instanceof Promise ? await read : read;
    const { index, count } = event.meta;
    const position = record.offset + count - 1 - index;
    listener?.({ partition, event: { ...event, offset: record.offset }, position });
  }

  const follower = await log.follow({
    topic: topics.events,
    group: `${topics.events}.api.${instanceId}`,
    assignment: 'all',
    start: (partition) => Promise.resolve(next.get(partition) ?? 0),
    deliver: (partition, records) => {
      for (const record of records) {
        next.set(partition, record.offset + 1);
        if (answersAt(record, me) && counts(record)) hear(partition, record).catch(options.trouble);
      }
    },
    lost: () => undefined,
    trouble: options.trouble,
  });
  return {
    onOutcome: (given) => {
      listener = given;
    },
    hears: () => follower.owned().length === options.partitions,
    stop: () => follower.stop(),
  };
}

/** Commands are keyed by the product whose partition they go to; one about an order knows only the partition. */
function keyOf({ data }: CommandRecord): string | null {
  if ('product_id' in data) return data.product_id;
  if ('lines' in data) return data.lines.map((line) => line.product_id).sort()[0] ?? null;
  return null;
}
