// The log as an API instance uses it: commands go in through one sender, outcomes come back from the journal, in which
// this instance reads only the records that name it.
import type { Topics } from '../../schemas/topics.ts';
import type { CommandRecord, EventRecord } from '../../schemas/records.ts';
import { createBrokerClock } from './broker-clock.ts';
import type { LedgerClient, Outcome } from './client-port.ts';
import { createLeisure } from './leisure.ts';
import { answersAt, counts, uuidToBytes } from './journal.ts';
import { partitionOf } from '../domain/partitioner.ts';
import type { Log, LogRecord, Pace } from './port.ts';
import type { Reading } from './reading.ts';
import { keyOf } from './requests.ts';
import { createSender } from './sender.ts';
import type { AppendedBatch } from './writer.ts';

export interface LedgerClientOptions {
  readonly log: Log;
  readonly topics: Topics;
  readonly partitions: number;
  /** A uuid, new for each start. */
  readonly instanceId: string;
  /** The group, of this instance alone, in which it hears outcomes. */
  readonly group: string;
  readonly encode: (command: CommandRecord) => Uint8Array;
  readonly reading: Reading;
  readonly sendRecordsMax: number;
  readonly sendBytesMax: number;
  /** See SenderOptions. */
  readonly gather?: () => Promise<void>;
  readonly pace: Pace;
  /** Signs of trouble that are being dealt with, for logs. */
  readonly trouble: (error: unknown) => void;
  /** Hears of commands of this instance that are in the log, as the log has them: a writer here may go on with them. */
  readonly landed?: (partition: number, records: readonly LogRecord[]) => void;
  /** Messages of a partition that a writer here could not send yet. */
  readonly messagesWaiting?: (partition: number) => number;
}

export interface RunningClient extends LedgerClient {
  /**
   * Tells of events that a writer of this process appended and saw acknowledged where they were meant to land: they
   * stand, so whoever waits for them here need not wait until the journal brings them.
   */
  appended(batch: Pick<AppendedBatch, 'partition' | 'base' | 'events'>): void;
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
    gather: options.gather,
    landed: options.landed,
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
    appended: tail.appended,
    journalEnds: () => log.ends(topics.events),
    brokerNow: clock.now,
    messagesWaiting: (partition) => options.messagesWaiting?.(partition) ?? 0,
    ready: () => clock.alive() && tail.hears(),
    // Together, because where the broker is silent each of them waits for its time-out.
    stop: async () => void (await Promise.all([sender.stop(), tail.stop(), clock.stop()])),
  };
}

/** The group in which one API instance reads the journal; the names of all begin like that of the empty instance. */
export function apiGroup(eventsTopic: string, instanceId: string): string {
  return `${eventsTopic}.api.${instanceId}`;
}

interface Tail extends Pick<RunningClient, 'appended'> {
  onOutcome(listener: (outcome: Outcome) => void): void;
  hears(): boolean;
  stop(): Promise<void>;
}

/** Follows all journal partitions from the ends given and hears the events that answer callers of this instance. */
async function followOutcomes(options: LedgerClientOptions, startEnds: ReadonlyMap<number, number>): Promise<Tail> {
  const { log, topics, reading, instanceId } = options;
  const me = uuidToBytes(instanceId);
  const next = new Map(startEnds);
  const told = createTold();
  const listeners: ((outcome: Outcome) => void)[] = [];
  const leisure = createLeisure(options.pace);

  function tell(partition: number, offset: number, event: EventRecord): void {
    const { index, count } = event.meta;
    const outcome = { partition, event: { ...event, offset }, position: offset + count - 1 - index };
    for (const listener of listeners) listener(outcome);
  }

  async function hear(partition: number, record: LogRecord): Promise<void> {
    const read = reading.event(partition, record);
    tell(partition, record.offset, read instanceof Promise ? await read : read);
  }

  const follower = await log.follow({
    topic: topics.events,
    group: options.group,
    assignment: 'all',
    start: (partition) => Promise.resolve(next.get(partition) ?? 0),
    deliver: (partition, records) => {
      let heard = 0;
      for (const record of records) {
        next.set(partition, record.offset + 1);
        if (told.has(partition, record.offset) || !answersAt(record, me) || !counts(record)) continue;
        heard += 1;
        hear(partition, record).catch(options.trouble);
      }
      leisure.brought(partition, heard);
    },
    restMs: leisure.restMs,
    lost: () => undefined,
    trouble: options.trouble,
  });
  return {
    onOutcome: (given) => {
      listeners.push(given);
    },
    appended: ({ partition, base, events }) => {
      // What the journal brought before the writer had its acknowledgement was heard already.
      const from = Math.max(base, next.get(partition) ?? 0);
      const to = base + events.length;
      leisure.toldLate(partition, Math.min(from, to) - base);
      if (from >= to) return;
      told.add(partition, from, to);
      for (let offset = from; offset < to; offset++) {
        const event = events[offset - base];
        if (event?.meta.reply_to.includes(instanceId) === true) tell(partition, offset, event);
      }
    },
    hears: () => follower.owned().length === options.partitions,
    stop: () => follower.stop(),
  };
}

interface Told {
  /** Ranges come in ascending order. */
  add(partition: number, from: number, to: number): void;
  /** Asked in ascending order; what lies before is forgotten. */
  has(partition: number, offset: number): boolean;
}

/** Which offsets callers were told of before the journal brought them, so that none is told twice. */
function createTold(): Told {
  const ranges = new Map<number, { readonly from: number; to: number }[]>();
  return {
    add: (partition, from, to) => {
      const own = ranges.get(partition) ?? [];
      ranges.set(partition, own);
      const last = own.at(-1);
      if (last?.to === from) last.to = to;
      else own.push({ from, to });
    },
    has: (partition, offset) => {
      const own = ranges.get(partition);
      while (own?.[0] !== undefined && own[0].to <= offset) own.shift();
      const first = own?.[0];
      return first !== undefined && first.from <= offset;
    },
  };
}
