// The sweeper on a clock that the test turns: how much it proposes, and when it keeps still.
import { expect, test } from '@jest/globals';
import type { Proposal } from '../../consumers/propose.ts';
import { sweepOnce } from '../../consumers/sweeper/sweep.ts';
import type { SweepCounts, SweepStore } from '../../consumers/sweeper/store.ts';
import type { StaleOrder } from '../../projections/order-state/queries.ts';
import type { Outcome } from '../../src/log/client-port.ts';

const at = Date.UTC(2026, 10, 21, 10);
const never = new AbortController().signal;

function world(
  stale: number,
  { waiting = () => 0, paid = [] }: { waiting?: () => number; paid?: readonly string[] } = {},
) {
  const orders: StaleOrder[] = Array.from({ length: stale }, (_, i) => ({
    order_id: `order-${i}`,
    partition: i % 2,
    created_at: i,
  }));
  const proposed: { readonly at: number; readonly order: string; readonly partition: number }[] = [];
  const counts: SweepCounts[] = [];
  const lines: unknown[] = [];
  let now = 0;
  const store: SweepStore = {
    stale: (partitions, _at, after, limit) =>
      Promise.resolve(
        orders
          .filter(
            ({ partition, created_at }) => partitions.includes(partition) && created_at > (after?.created_at ?? -1),
          )
          .slice(0, limit),
      ),
    count: (_at, one) => Promise.resolve(void counts.push(one)),
    reports: () =>
      Promise.resolve([
        { day: '2026-11-20', sweeps: 3, held_back: 0, proposed: 9, expired: 8, refused: 1, dead_letters_parked: 2 },
      ]),
    cleanUp: () => Promise.resolve({ dead_letters: 4 }),
  };
  const sweep = (partitions: readonly number[] = [0, 1], signal = never): Promise<void> =>
    sweepOnce(
      {
        store,
        propose: ({ command, partition }: Proposal) => {
          const order = command.data.order_id;
          proposed.push({ at: now, order, partition });
          const type = paid.includes(order) ? 'CommandRefused' : 'OrderExpired';
          return Promise.resolve({ type } as Outcome['event']);
        },
        partitions: () => partitions,
        commandsWaiting: () => Promise.resolve(waiting()),
        brokerNow: () => at,
        config: { sweepEveryS: 60, sweepPerS: 200, sweepLagMax: 1_000, deadLettersKeepDays: 30 },
        pace: {
          sleep: (ms) => {
            now += ms;
            return Promise.resolve();
          },
          random: () => 0,
          now: () => now,
        },
        logger: { info: (fields: unknown, text?: unknown) => void lines.push([text, fields]) },
        dropExpired: (now) => Promise.resolve(now.getTime() === at ? ['march'] : []),
        decided: () => undefined,
        trouble: () => undefined,
      },
      signal,
    );
  return { sweep, proposed, counts, lines };
}

test('at most 200 are proposed in a second, each once', async () => {
  const { sweep, proposed, counts } = world(450);
  await sweep();
  const bySecond = new Map<number, number>();
  for (const one of proposed) bySecond.set(one.at, (bySecond.get(one.at) ?? 0) + 1);
  expect([...bySecond]).toEqual([
    [0, 200],
    [1_000, 200],
    [2_000, 50],
  ]);
  expect(new Set(proposed.map(({ order }) => order)).size).toBe(450);
  expect(counts).toEqual([{ heldBack: false, proposed: 450, expired: 450, refused: 0 }]);
});

test('nothing is proposed while the writers are behind, and a sweep ends when they fall behind', async () => {
  const behind = world(10, { waiting: () => 1_001 });
  await behind.sweep();
  expect([behind.proposed, behind.counts]).toEqual([[], [{ heldBack: true, proposed: 0, expired: 0, refused: 0 }]]);
  const looks = [1_000, 2_000];
  const later = world(450, { waiting: () => looks.shift() ?? 0 });
  await later.sweep();
  expect(later.counts).toEqual([{ heldBack: true, proposed: 200, expired: 200, refused: 0 }]);
});

test('only the partitions of this process are swept', async () => {
  const { sweep, proposed, counts } = world(6);
  await sweep([1]);
  expect(proposed.map(({ partition }) => partition)).toEqual([1, 1, 1]);
  await sweep([]);
  expect(counts).toHaveLength(1);
});

test('what the writer refuses is counted apart', async () => {
  const { sweep, counts } = world(3, { paid: ['order-1'] });
  await sweep();
  expect(counts).toEqual([{ heldBack: false, proposed: 3, expired: 2, refused: 1 }]);
});

test('each day is reported, and each clean-up and drop told, in one line', async () => {
  const { sweep, lines } = world(0);
  await sweep();
  expect(lines).toMatchObject([
    ['daily report of the sweeper', { day: '2026-11-20', expired: 8, dead_letters_parked: 2 }],
    ['weekly clean-up', { removed: { dead_letters: 4 } }],
    ['replays whose time was over are dropped', { dropped: ['march'] }],
  ]);
});
