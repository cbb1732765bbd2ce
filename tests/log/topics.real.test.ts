// The topics of a ledger: made as they must be, left alone where they are, and refused where they would lose something.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Admin } from 'kafkajs';
import kafkajs from 'kafkajs';
import type { KafkaClientOptions } from '../../src/log/kafka/client.ts';
import { checkTopics, prepareTopics, topicsToCreate } from '../../src/log/topics.ts';
import { topicsOf } from '../../schemas/topics.ts';
import { servers, uniquePrefix } from '../support/servers.ts';

jest.setTimeout(60_000);

describe('the topics of a ledger', () => {
  let admin: Admin;
  let kafka: KafkaClientOptions;
  beforeAll(async () => {
    const brokers = servers().kafkaBrokers;
    const silent = { warn: () => undefined, debug: () => undefined, trace: () => undefined };
    kafka = { brokers, clientId: 'topics-test', requestTimeoutMs: 5_000, logger: silent };
    admin = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
  });
  afterAll(() => admin.disconnect());

  test('are created once, and then there is nothing against them', async () => {
    const topics = topicsOf(uniquePrefix('topics'));
    const plan = { topics, partitions: 3, replicationFactor: 1 };
    const all = [topics.commands, topics.events, topics.deadLetters, topics.clock, topics.snapshots];
    expect((await checkTopics(kafka, plan)).map(({ topic, is }) => [topic, is])).toEqual(
      all.map((topic) => [topic, 'missing']),
    );
    expect(await prepareTopics(kafka, plan)).toEqual(all);
    expect(await prepareTopics(kafka, plan)).toEqual([]);
    expect(await checkTopics(kafka, plan)).toEqual([]);
  });

  test('that would forget, compact, take a sender’s clock or have another count are found, with what to change', async () => {
    const topics = topicsOf(uniquePrefix('topics'));
    await admin.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic: topics.commands,
          numPartitions: 2,
          configEntries: [
            { name: 'retention.ms', value: '1000' },
            { name: 'message.timestamp.type', value: 'CreateTime' },
          ],
        },
        {
          topic: topics.events,
          numPartitions: 3,
          configEntries: [
            { name: 'cleanup.policy', value: 'compact' },
            { name: 'retention.bytes', value: '1000000' },
            { name: 'retention.ms', value: '-1' },
          ],
        },
        { topic: topics.snapshots, numPartitions: 3, configEntries: [{ name: 'max.message.bytes', value: '9999' }] },
      ],
    });
    const plan = { topics, partitions: 3, replicationFactor: 1 };
    expect(await prepareTopics(kafka, plan)).toEqual([topics.deadLetters, topics.clock]);

    const findings = await checkTopics(kafka, plan);
    expect(findings.map(({ topic, setting, is, must_be }) => [topic, setting, is, must_be])).toEqual([
      [topics.commands, 'message.timestamp.type', 'CreateTime', 'LogAppendTime'],
      [topics.commands, 'retention.ms', '1000', '-1'],
      [topics.commands, 'partitions', '2', '3'],
      [topics.events, 'cleanup.policy', 'compact', 'delete'],
      [topics.events, 'retention.bytes', '1000000', '-1'],
      [topics.snapshots, 'cleanup.policy', 'delete', 'compact'],
      [topics.snapshots, 'max.message.bytes', '9999', '1000000 or more'],
    ]);
    expect(findings[1]?.how_to_change).toContain(`--entity-name ${topics.commands} --add-config retention.ms=-1`);
    expect(findings[2]?.how_to_change).toContain('LEDGER_PARTITIONS');
  });
});

describe('the plan of the topics', () => {
  const topics = topicsOf('t');

  test('a single copy is on the disk before it is acknowledged', () => {
    const [commands, events] = topicsToCreate({ topics, partitions: 8, replicationFactor: 1 });
    for (const topic of [commands, events]) {
      expect(topic?.settings).toMatchObject({ 'flush.messages': '1', 'message.timestamp.type': 'LogAppendTime' });
      expect(topic?.settings).not.toHaveProperty(['min.insync.replicas']);
    }
  });

  test('of several copies two have it, and none that lagged behind takes over', () => {
    const planned = topicsToCreate({ topics, partitions: 8, replicationFactor: 3 }).slice(0, 2);
    for (const { settings, replicationFactor } of planned) {
      expect(settings).toMatchObject({ 'min.insync.replicas': '2', 'unclean.leader.election.enable': 'false' });
      expect(settings).not.toHaveProperty(['flush.messages']);
      expect(replicationFactor).toBe(3);
    }
  });
});
