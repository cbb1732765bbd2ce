// Who gets which partition: every partition has one owner, counts are even, and nobody loses one without need.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { GroupMember } from '../../src/log/sticky.ts';
import { divide } from '../../src/log/sticky.ts';

const seed = 20_261_121;
const eight = [0, 1, 2, 3, 4, 5, 6, 7];
const groups = fc.record({
  partitions: fc.integer({ min: 1, max: 20 }).map((count) => Array.from({ length: count }, (_, p) => p)),
  members: fc.uniqueArray(
    fc.record({ id: fc.string({ minLength: 1, maxLength: 4 }), owned: fc.array(fc.integer({ min: 0, max: 25 })) }),
    { minLength: 1, maxLength: 6, selector: ({ id }) => id },
  ),
});

describe('the division of partitions', () => {
  test('a member that joins takes only what it needs', () => {
    const shares = divide([member('a', eight), member('b', [])], eight);
    expect(shares.get('a')).toEqual([0, 1, 2, 3]);
    expect(shares.get('b')).toEqual([4, 5, 6, 7]);
  });

  test('what a member leaves behind goes to the others, who keep theirs', () => {
    const shares = divide([member('a', [0, 1, 2]), member('b', [3, 4, 5])], eight);
    expect(shares.get('a')).toEqual([0, 1, 2, 6]);
    expect(shares.get('b')).toEqual([3, 4, 5, 7]);
  });

  test('is a division, even, whatever members claim and in whatever order they come', () => {
    fc.assert(
      fc.property(groups, ({ members, partitions }) => {
        const shares = divide(members, partitions);
        const sizes = members.map(({ id }) => shares.get(id)?.length ?? -1);
        expect([...shares.values()].flat().sort((a, b) => a - b)).toEqual(partitions);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(divide([...members].reverse(), partitions)).toEqual(shares);
      }),
      { seed },
    );
  });

  test('divided again it stays as it is', () => {
    fc.assert(
      fc.property(groups, ({ members, partitions }) => {
        const shares = divide(members, partitions);
        const again = divide(
          members.map(({ id }) => member(id, shares.get(id) ?? [])),
          partitions,
        );
        for (const { id } of members) {
          expect([...(again.get(id) ?? [])].sort()).toEqual([...(shares.get(id) ?? [])].sort());
        }
      }),
      { seed },
    );
  });
});

function member(id: string, owned: readonly number[]): GroupMember {
  return { id, owned };
}
