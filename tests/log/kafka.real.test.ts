// The Kafka adapter passes the suite of the port, and what only a real broker can do to it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import { partitionOf } from '../../src/domain/partitioner.ts';
import type { LogRecord } from '../../src/log/port.ts';
import { eventually, freePort, uniquePrefix } from '../support/servers.ts';
import { createKafkaLog } from '../../src/log/kafka/kafka-log.ts';
import type { StrangeRecord } from './contract.ts';
import { logContract } from './contract.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { kafkaFixture } from './kafka-fixture.ts';

const withinMs = 20_000;

logContract('kafka', () => kafkaFixture('contract'));

describe('kafka alone', () => {
  let kafka: KafkaFixture;
  beforeAll(async () => {
    kafka = await kafkaFixture('kafka-only');
  });
  afterAll(() => kafka.close());

  test("a product's partition is the one that kafkajs' default partitioner sends its key to", async () => {
    const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'partitions.golden.json'), 'utf8')) as object;
    const topic = await kafka.topic(13);
    const producer = kafka.stranger.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({ topic, messages: Object.keys(golden).map((id) => ({ key: id, value: id })) });
    await producer.disconnect();

    const log = kafka.open();
    const wrong: string[] = [];
    // Sent again after a slow answer, a record may be there twice.
    const read = new Set<string>();
    for (const [partition, { high }] of await log.ends(topic)) {
      await log.read({ topic, partition, from: 0, to: high }, (records) => {
        const ids = records.map(({ value }) => textOf(value));
        for (const id of ids) read.add(id);
        wrong.push(...ids.filter((id) => partitionOf(id, 13) !== partition));
      });
    }
    expect({ read: read.size, wrong }).toEqual({ read: 1_000, wrong: [] });
  });

  test('committed transactions leave markers, which are holes to a follower and nothing to a reader', async () => {
    const topic = await kafka.topic(1);
    const producer = kafka.stranger.producer({
      transactionalId: uniquePrefix('tx'),
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    for (const value of ['a', 'b', 'c']) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ partition: 0, key: 'k', value }] });
      await transaction.commit();
    }
    const log = kafka.open();
    await eventually(async () => (await log.ends(topic)).get(0)?.high === 6, { withinMs, what: 'three markers' });
    await producer.disconnect();
    const delivered: LogRecord[] = [];
    const follower = await log.follow({
      topic,
      group: `${topic}.markers`,
      assignment: 'all',
      start: () => Promise.resolve(1),
      deliver: (_partition, records) => delivered.push(...records),
      lost: () => undefined,
      trouble: () => undefined,
    });
    await eventually(() => delivered.at(-1)?.offset === 5, { withinMs });
    await follower.stop();

    const shown = delivered.map(({ offset, value, hole }) => (hole ? offset : textOf(value)));
    expect(shown).toEqual([1, 'b', 3, 'c', 5]);
    const read: string[] = [];
    await log.read({ topic, partition: 0, from: 0, to: 6 }, (records) => {
      read.push(...records.map(({ value }) => textOf(value)));
    });
    expect(read).toEqual(['a', 'b', 'c']);
  });

  test('a long read is handed over bit by bit, in order, and others get their turn in between', async () => {
    const topic = await kafka.topic(1);
    const log = kafka.open();
    const appender = await log.openAppender();
    const value = Buffer.alloc(1_000);
    const records = Array.from({ length: 600 }, () => ({ key: null, value }));
    await appender.append(topic, new Map([[0, records]]));
    await appender.close();
    const pages: number[][] = [];
    let turns = 0;
    const turnsBefore: number[] = [];
    const turn = (): void => {
      turns += 1;
      if (pages.length < 5) setImmediate(turn);
    };
    turn();
    await log.read({ topic, partition: 0, from: 10, to: 600 }, (page) => {
      pages.push(page.map(({ offset }) => offset));
      turnsBefore.push(turns);
    });
    expect(pages.flat()).toEqual(Array.from({ length: 590 }, (_, i) => 10 + i));
    expect(pages.map(({ length }) => length)).toEqual([132, 132, 132, 132, 62]);
    expect(new Set(turnsBefore).size).toBe(pages.length);
  });

  test('groups that were only needed to read are deleted', async () => {
    const topic = await kafka.topic(1);
    const log = createKafkaLog({ ...kafka.options, clientId: uniquePrefix('groups') });
    await kafka.append(topic, 0, [{ key: null, value: null, headers: {} }]);
    await log.read({ topic, partition: 0, from: 0, to: 1 }, () => undefined);
    const follower = await log.follow({
      topic,
      group: `${topic}.own`,
      assignment: 'all',
      start: () => Promise.resolve(0),
      deliver: () => undefined,
      lost: () => undefined,
      trouble: () => undefined,
    });
    await follower.stop();
    await log.close();
    const admin = kafka.stranger.admin();
    await admin.connect();
    const groups = (await admin.listGroups()).groups.map(({ groupId }) => groupId);
    await admin.disconnect();
    expect(groups.filter((group) => group.startsWith('groups-') || group === `${topic}.own`)).toEqual([]);
  });

  test('without a broker a question is unavailable, and so is an appender, each within its limit', async () => {
    const options = { ...kafka.options, brokers: [`127.0.0.1:${await freePort()}`], requestTimeoutMs: 2_000 };
    const log = createKafkaLog(options);
    const started = performance.now();
    await expect(log.ends('t')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(log.committed('g', 't')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(log.openAppender()).rejects.toMatchObject({ code: 'unavailable' });
    expect(performance.now() - started).toBeLessThan(3 * options.requestTimeoutMs);

    const troubles: string[] = [];
    const joining = log.follow({
      topic: 't',
      group: 'g',
      assignment: 'shared',
      start: () => Promise.resolve(0),
      deliver: () => undefined,
      lost: () => undefined,
      trouble: ({ message }) => troubles.push(message),
    });
    const stopped = expect(joining).rejects.toMatchObject({ code: 'unavailable' });
    await eventually(() => troubles.length > 0, { withinMs });
    await log.close();
    await stopped;
  });

  test('a follower whose consumer crashed comes back by itself and asks anew where to start', async () => {
    const topic = await kafka.topic(2);
    await kafka.append(topic, 1, ['a', 'b'].map(record));
    const log = kafka.open();
    const seen: string[] = [];
    const troubles: string[] = [];
    const follower = await log.follow({
      topic,
      group: `${topic}.crash`,
      assignment: 'shared',
      start: (partition) => Promise.resolve(void seen.push(`start ${partition}`)).then(() => 0),
      deliver: (partition, records) => seen.push(...records.map(({ value }) => `${partition}:${textOf(value)}`)),
      lost: (partition) => seen.push(`lost ${partition}`),
      trouble: ({ message }) => troubles.push(message),
    });
    await eventually(() => seen.includes('1:b'), { withinMs });

    // A topic that is gone is what no consumer survives; and it comes back empty.
    const admin = kafka.stranger.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [topic] });
    await eventually(() => seen.includes('lost 1'), { withinMs: 40_000 });
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 2 }] });
    await admin.disconnect();
    const appender = await log.openAppender();
    await appender.append(topic, new Map([[1, [{ key: 'k', value: Buffer.from('c') }]]]));
    await eventually(() => seen.includes('1:c'), { withinMs });

    expect(seen.filter((what) => !what.startsWith('1:')).sort()).toEqual(
      ['lost 0', 'lost 1', 'start 0', 'start 0', 'start 1', 'start 1'].sort(),
    );
    expect(seen.filter((what) => what.startsWith('1:'))).toEqual(['1:a', '1:b', '1:c']);
    expect(troubles.length).toBeGreaterThan(0);
    expect(follower.owned()).toEqual([0, 1]);
  });

  test('where the log no longer has what `start` asked for, it is said, and `start` is asked again', async () => {
    const topic = await kafka.topic(1);
    await kafka.append(topic, 0, ['a', 'b', 'c'].map(record));
    const admin = kafka.stranger.admin();
    await admin.connect();
    // Without it this connection has no metadata of the topic.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });
    await admin.disconnect();
    const log = kafka.open();
    expect((await log.ends(topic)).get(0)).toEqual({ low: 2, high: 3 });
    const troubles: string[] = [];
    const delivered: string[] = [];
    const starts = [0, 2];
    await log.follow({
      topic,
      group: `${topic}.gone`,
      assignment: 'shared',
      start: () => Promise.resolve(starts.shift() ?? 2),
      deliver: (_partition, records) => delivered.push(...records.map(({ value }) => textOf(value))),
      lost: () => undefined,
      trouble: ({ message }) => troubles.push(message),
    });
    await eventually(() => delivered.length > 0, { withinMs });
    expect(delivered).toEqual(['c']);
    expect(troubles).toEqual([`offset 0 of ${topic}[0] is not there, the log goes on at 2`]);
    const read: string[] = [];
    await log.read({ topic, partition: 0, from: 0, to: 3 }, (records) => {
      read.push(...records.map(({ value }) => textOf(value)));
    });
    expect(read).toEqual(['c']);
  });

  test('100,000 records are read whole', async () => {
    const topic = await kafka.topic(1);
    const log = kafka.open();
    const appender = await log.openAppender();
    const batch = Array.from({ length: 1_000 }, () => ({
      key: 'product-1',
      value: Buffer.alloc(250, 1),
      headers: { l: Buffer.alloc(8) },
    }));
    const written = performance.now();
    for (let i = 0; i < 100; i += 1) await appender.append(topic, new Map([[0, batch]]));
    const before = performance.now();
    let next = 0;
    let gaps = 0;
    await log.read({ topic, partition: 0, from: 0, to: 100_000 }, (records) => {
      for (const { offset } of records) if (offset !== next++) gaps += 1;
    });
    const ms = (performance.now() - before).toFixed(0);
    console.log(`100,000 records of 250 bytes: written in ${(before - written).toFixed(0)} ms, read in ${ms} ms`);
    expect({ next, gaps }).toEqual({ next: 100_000, gaps: 0 });
    const once = performance.now();
    await log.read({ topic, partition: 0, from: 99_999, to: 100_000 }, () => undefined);
    console.log(`the last record alone: ${(performance.now() - once).toFixed(0)} ms`);
  });
});

function record(value: string): StrangeRecord {
  return { key: null, value: Buffer.from(value), headers: {} };
}

function textOf(value: Uint8Array | null): string {
  return Buffer.from(value ?? []).toString();
}
