// The raw floor: the least that one durable event can cost here. A plain producer appends one record with acks=all to a
// topic that is flushed at every message, a consumer sees it, and only then the next one is sent.
import { randomBytes } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { stopIdleTimers } from '../../src/log/kafka/idle-timer.ts';
import { percentile } from './figures.ts';

const recordBytes = 300;
const warmUp = 200;
const seenMsMax = 10_000;

export interface Floor {
  /** Appends one at a time; answers the middle one's time from the send to the consumer, ms. */
  measure(records: number): Promise<number>;
  close(): Promise<void>;
}

/** @throws Error when Kafka does not answer */
export async function openFloor(brokers: readonly string[]): Promise<Floor> {
  stopIdleTimers();
  const name = `bench-floor-${randomBytes(4).toString('hex')}`;
  const kafka = new Kafka({ clientId: name, brokers: [...brokers], logLevel: logLevel.ERROR });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    waitForLeaders: true,
    topics: [
      {
        topic: name,
        numPartitions: 1,
        replicationFactor: 1,
        configEntries: [{ name: 'flush.messages', value: '1' }],
      },
    ],
  });
  const producer = kafka.producer({ idempotent: false, allowAutoTopicCreation: false, retry: { retries: 0 } });
  const consumer = kafka.consumer({ groupId: name, minBytes: 1, maxWaitTimeInMs: 250 });
  let seen = (_offset: string): void => undefined;
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topics: [name], fromBeginning: true });
  const joined = new Promise<void>((resolve) => void consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.run({ autoCommit: false, eachMessage: async ({ message }) => seen(message.offset) });
  await joined;

  async function once(): Promise<number> {
    const value = randomBytes(recordBytes);
    const back = Promise.withResolvers<string>();
    const late = setTimeout(() => back.reject(new Error('the consumer did not see the record')), seenMsMax);
    seen = back.resolve;
    const started = performance.now();
    try {
      const [[sent], offset] = await Promise.all([
        producer.send({ topic: name, acks: -1, messages: [{ key: 'floor', value }] }),
        back.promise,
      ]);
      if (sent?.baseOffset !== offset) throw new Error(`record ${sent?.baseOffset} was sent, ${offset} was seen`);
      return performance.now() - started;
    } finally {
      clearTimeout(late);
    }
  }

  return {
    measure: async (records) => {
      for (let i = 0; i < warmUp; i++) await once();
      const times: number[] = [];
      for (let i = 0; i < records; i++) times.push(await once());
      return percentile(times, 0.5);
    },
    close: async () => {
      await Promise.all([producer.disconnect(), consumer.disconnect()]);
      await admin.deleteTopics({ topics: [name] });
      await admin.disconnect();
    },
  };
}
