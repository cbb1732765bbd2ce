// A simulated process that crashed is nobody's: a hundred thousand of them must fit into the memory of a long run.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { play } from '../simulation/scenario.ts';

async function bytesAfter(from: number, seeds: number): Promise<number> {
  for (let seed = from; seed < from + seeds; seed += 1) await play(seed);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().arrayBuffers;
}

test('what crashed processes held is let go of', async () => {
  const before = await bytesAfter(1, 5);
  const after = await bytesAfter(6, 20);
  // One seed of which something is kept keeps more than half a megabyte.
  expect(after - before).toBeLessThan(2_000_000);
}, 60_000);
