// How soon the Kafka adapter hands over what was appended.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/servers.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { kafkaFixture } from './kafka-fixture.ts';

let kafka: KafkaFixture;
beforeAll(async () => {
  kafka = await kafkaFixture('delivery');
});
afterAll(() => kafka.close());

test('a record that was appended is delivered within milliseconds', async () => {
  const topic = await kafka.topic(2);
  const log = kafka.open();
  let arrived = Promise.withResolvers<void>();
  await log.follow({
    topic,
    group: `${topic}.latency`,
    assignment: 'all',
    start: () => Promise.resolve(0),
    deliver: () => arrived.resolve(),
    lost: () => undefined,
    trouble: () => undefined,
  });
  const appender = await log.openAppender();
  const took: number[] = [];
  for (let i = 0; i < 200; i += 1) {
    arrived = Promise.withResolvers<void>();
    const before = performance.now();
    await appender.append(topic, new Map([[i % 2, [{ key: 'k', value: Buffer.alloc(250) }]]]));
    await arrived.promise;
    took.push(performance.now() - before);
  }
  took.sort((a, b) => a - b);
  const [p50 = 0, p99 = 0] = [took[100], took[198]];
  console.log(`append to delivery, one at a time: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
  // A long poll that was waited out would take a quarter of a second.
  expect(p50).toBeLessThan(100);
});

test('what lies on several partitions comes at once, however long the follower rests after it', async () => {
  const topic = await kafka.topic(12);
  const partitions = Array.from({ length: 12 }, (_, partition) => partition);
  for (const partition of partitions)
    await kafka.append(topic, partition, [{ key: null, value: Buffer.from('a'), headers: {} }]);
  const seen = new Set<number>();
  const follower = await kafka.open().follow({
    topic,
    group: `${topic}.rest`,
    assignment: 'all',
    start: () => Promise.resolve(0),
    deliver: (partition) => void seen.add(partition),
    restMs: () => 8_000,
    lost: () => undefined,
    trouble: () => undefined,
  });
  await eventually(() => seen.size === partitions.length, { withinMs: 20_000 });
  await follower.stop();
});
