// One life of a kafkajs consumer in a group: from connecting until it crashes, falls silent or is closed. It never
// restarts itself; whoever needs one that goes on makes the next.
import type { Batch, Consumer, PartitionAssigner } from 'kafkajs';
import type { KafkaClientOptions } from './client.ts';
import { createKafka, limits, retryOptions } from './client.ts';
import { within } from './deadline.ts';
import { toOffset } from './records.ts';

export interface SessionOptions {
  readonly topic: string;
  readonly group: string;
  readonly assigner: PartitionAssigner;
  readonly fetchWaitMs: number;
  readonly fetchBytesPerPartitionMax: number;
  readonly sessionTimeoutMs: number;
  /** Runs before the first fetch of an assignment: the only safe place to say where to read from. */
  onJoin(partitions: readonly number[]): void;
  /**
   * Records of a partition, with the offset that was asked for. All that a fetch brought come in one turn; the next
   * fetch waits for all of them. What it throws ends the session.
   */
  onBatch(batch: Batch, fetchedOffset: number): Promise<void> | void;
  /** A fetch gave nothing but transaction markers and aborted records, which lie from `first` to `last`. */
  onNothing(partition: number, first: number, last: number): void;
}

export interface Session {
  /** Where to read, and whether to; without effect once the session has ended. */
  seek(partition: number, offset: number): void;
  pause(partition: number): void;
  resume(partition: number): void;
  /** @throws kafkajs' errors */
  commit(partition: number, next: number): Promise<void>;
  /** Rejects when the session has ended by itself, with the reason; resolves when it was closed. */
  readonly ended: Promise<void>;
  /** Leaves the group and disconnects; answers whether the broker heard of it. Never rejects. */
  close(): Promise<boolean>;
}

export function openSession(client: KafkaClientOptions, options: SessionOptions): Session {
  const { topic } = options;
  const consumer = createConsumer(client, options);
  const { promise: ended, resolve: endWell, reject: end } = Promise.withResolvers<void>();
  let running = false;
  let closing: Promise<boolean> | undefined;
  const signs = watch(() => end(new Error(`no sign of life for ${limits.silentMsMax} ms`)));
  void ended.then(signs.stop, signs.stop);

  consumer.on(consumer.events.FETCH, signs.seen);
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    signs.seen();
    if (closing !== undefined) return;
    running = true;
    options.onJoin(payload.memberAssignment[topic] ?? []);
  });
  consumer.on(consumer.events.START_BATCH_PROCESS, ({ payload: { partition, batchSize, firstOffset, lastOffset } }) => {
    if (closing !== undefined || batchSize > 0 || typeof firstOffset !== 'string') return;
    options.onNothing(partition, toOffset(firstOffset), toOffset(lastOffset));
  });
  // From STOP on kafkajs throws on seek, pause and resume. The reason comes later, with CRASH.
  consumer.on(consumer.events.STOP, () => {
    running = false;
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => end(payload.error));

  async function handle(batch: Batch): Promise<void> {
    if (closing === undefined) await signs.during(async () => options.onBatch(batch, fetchedOffsetOf(batch)));
  }
  const started = start(consumer, topic, handle).catch(end);

  /** Never rejects. A consumer that is still joining cannot be stopped, so it is waited for first. */
  async function leave(): Promise<boolean> {
    running = false;
    endWell();
    const left = started.then(() => consumer.disconnect());
    try {
      await within(limits.leaveMsMax, left, () => new Error('no answer in time'));
      return true;
    } catch (error) {
      client.logger.warn({ err: error, group: options.group }, 'A consumer did not leave its group in time');
      return false;
    }
  }

  return {
    ended,
    seek(partition, offset) {
      if (running) consumer.seek({ topic, partition, offset: String(offset) });
    },
    pause(partition) {
      if (running) consumer.pause([{ topic, partitions: [partition] }]);
    },
    resume(partition) {
      if (running) consumer.resume([{ topic, partitions: [partition] }]);
    },
    commit: (partition, next) => consumer.commitOffsets([{ topic, partition, offset: String(next) }]),
    close: () => (closing ??= leave()),
  };
}

async function start(consumer: Consumer, topic: string, handle: (batch: Batch) => Promise<void>): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: true,
    partitionsConsumedConcurrently: limits.batchesAtOnceMax,
    eachBatch: ({ batch }) => handle(batch),
  });
}

/** Signs of life of a consumer, which may stop without a word. Its owner handling batches is no silence. */
function watch(onSilence: () => void): {
  seen(): void;
  during(work: () => Promise<void>): Promise<void>;
  stop(): void;
} {
  let handling = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    if (handling === 0 && performance.now() - last > limits.silentMsMax) onSilence();
  }, limits.silentMsMax / 4);
  const seen = (): void => {
    last = performance.now();
  };
  return {
    seen,
    async during(work) {
      handling += 1;
      try {
        await work();
      } finally {
        handling -= 1;
        seen();
      }
    },
    stop: () => clearInterval(timer),
  };
}

function createConsumer(client: KafkaClientOptions, options: SessionOptions): Consumer {
  return createKafka(client, client.requestTimeoutMs, 2).consumer({
    groupId: options.group,
    partitionAssigners: [options.assigner],
    sessionTimeout: options.sessionTimeoutMs,
    heartbeatInterval: limits.heartbeatMs,
    rebalanceTimeout: limits.rebalanceTimeoutMs,
    metadataMaxAge: limits.metadataMaxAgeMs,
    maxBytesPerPartition: options.fetchBytesPerPartitionMax,
    maxBytes: Math.max(limits.fetchBytesMax, options.fetchBytesPerPartitionMax),
    minBytes: 1,
    maxWaitTimeInMs: options.fetchWaitMs,
    allowAutoTopicCreation: false,
    readUncommitted: false,
    rackId: '',
    retry: { ...retryOptions(5), restartOnFailure: () => Promise.resolve(false) },
  });
}

/** kafkajs has it on every batch, though not in its types. */
function fetchedOffsetOf(batch: Batch): number {
  if ('fetchedOffset' in batch && typeof batch.fetchedOffset === 'string') return toOffset(batch.fetchedOffset);
  throw new Error('kafkajs does not say any more at which offset a batch was fetched');
}
