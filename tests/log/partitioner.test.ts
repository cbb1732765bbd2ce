// Where a product lives. A product that moved would have two writers, so the hash is pinned three times: by Kafka's own
// published vectors, by a table made with another client's partitioner, and (kafka.real.test.ts) by that client itself.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { murmur2, partitionOf } from '../../src/domain/partitioner.ts';

const golden = Object.entries(
  JSON.parse(readFileSync(join(import.meta.dirname, 'partitions.golden.json'), 'utf8')) as { [id: string]: number },
);

describe('the home partition of a product', () => {
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])("is hashed as Kafka's own tests say: %s", (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });

  test('is the one that other clients choose, for 1,000 ids over 1,000 partitions', () => {
    expect(golden).toHaveLength(1_000);
    expect(golden.filter(([id, partition]) => partitionOf(id, 1_000) !== partition)).toEqual([]);
  });

  test('depends on the bytes of the id, not on how it looks', () => {
    expect(partitionOf('\u00e9', 1_000)).not.toBe(partitionOf('e\u0301', 1_000));
  });

  test('lies inside the topic, whatever the partition count', () => {
    for (const count of [1, 2, 3, 8, 13, 1_000]) {
      for (const [id] of golden) {
        expect(partitionOf(id, count)).toBeGreaterThanOrEqual(0);
        expect(partitionOf(id, count)).toBeLessThan(count);
      }
    }
  });
});
