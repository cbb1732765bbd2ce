// A Kafka under test: clients of the real adapter, topics of their own, and a stranger who writes past it.
import type { Kafka } from 'kafkajs';
import kafkajs from 'kafkajs';
import type { KafkaLogOptions } from '../../src/log/kafka/kafka-log.ts';
import { createKafkaLog } from '../../src/log/kafka/kafka-log.ts';
import type { Log } from '../../src/log/port.ts';
import { eventually, servers, uniquePrefix } from '../support/servers.ts';
import type { LogFixture } from './contract.ts';

export interface KafkaFixture extends LogFixture {
  /** kafkajs itself, for what only a stranger does. */
  readonly stranger: Kafka;
  readonly options: KafkaLogOptions;
  /** What the adapter warned of, for a test that fails. */
  readonly warnings: readonly string[];
}

const withinMs = 20_000;

export async function kafkaFixture(name: string): Promise<KafkaFixture> {
  const prefix = uniquePrefix(name);
  const warnings: string[] = [];
  const options: KafkaLogOptions = {
    brokers: servers().kafkaBrokers,
    clientId: prefix,
    requestTimeoutMs: 5_000,
    appendTimeoutMs: 3_000,
    logger: {
      warn: (details, message) => warnings.push(`${message} ${JSON.stringify(details)}`),
      debug: () => undefined,
      trace: () => undefined,
    },
  };
  const stranger = new kafkajs.Kafka({
    brokers: [...options.brokers],
    clientId: `${prefix}-stranger`,
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const partitioner: kafkajs.ICustomPartitioner =
    () =>
    ({ message }) =>
      message.partition ?? 0;
  const producer = stranger.producer({ createPartitioner: partitioner });
  const transactional = stranger.producer({
    transactionalId: `${prefix}-transactions`,
    maxInFlightRequests: 1,
    idempotent: true,
    createPartitioner: partitioner,
  });
  const admin = stranger.admin();
  await Promise.all([producer.connect(), transactional.connect(), admin.connect()]);
  const logs: Log[] = [];
  let topics = 0;

  async function endOf(topic: string, partition: number): Promise<number> {
    const ends = await admin.fetchTopicOffsets(topic);
    return Number(ends.find((end) => end.partition === partition)?.high);
  }

  return {
    stranger,
    options,
    warnings,
    open() {
      const log = createKafkaLog(options);
      logs.push(log);
      return log;
    },
    async topic(partitions) {
      topics += 1;
      const topic = `${prefix}.${topics}`;
      const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
      await admin.createTopics({
        waitForLeaders: true,
        topics: [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }],
      });
      return topic;
    },
    async append(topic, partition, records) {
      await producer.send({ topic, acks: -1, messages: records.map((record) => ({ ...record, partition })) });
    },
    async hole(topic, partition) {
      const before = await endOf(topic, partition);
      const transaction = await transactional.transaction();
      await transaction.send({ topic, messages: [{ partition, key: 'k', value: 'aborted' }] });
      await transaction.abort();
      // The record and the marker that takes it back; the marker is written some time after the answer.
      await eventually(async () => (await endOf(topic, partition)) === before + 2, { withinMs });
    },
    async close() {
      await Promise.all(logs.map((log) => log.close()));
      await Promise.all([producer.disconnect(), transactional.disconnect(), admin.disconnect()]);
    },
  };
}
