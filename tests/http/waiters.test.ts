// Who gets which outcome: exactly one request is told the fresh one, whatever is late, lost or doubled.
import { describe, expect, test } from '@jest/globals';
import { outcomeOf } from './support.ts';
import { accepted, bodyA, bodyB, commandId, sending, setup, told } from './waiting.ts';

const repeated = (placedAt: number) =>
  outcomeOf(
    {
      type: 'CommandRepeated',
      data: { order_id: null, product_id: 'p', first_offset: 0, decided: 'ProductArchived' },
    },
    { commandId, placedAt },
  );
const reused = (placedAt: number) =>
  outcomeOf(
    {
      type: 'CommandRefused',
      data: { reason: 'idempotency_key_reused', detail: '', product_id: null, order_id: null },
    },
    { commandId, placedAt },
  );

describe('the queue of a command', () => {
  test('the send that the outcome answers takes it', async () => {
    const { waiters } = setup();
    const [first, second] = [sending(waiters), sending(waiters)];
    first.sent(7);
    second.sent(8);
    waiters.hear(repeated(8));
    waiters.hear(accepted(7));
    expect([await told(first), await told(second)]).toEqual(['fresh ProductArchived', 'fresh CommandRepeated']);
    expect(waiters.size()).toBe(0);
  });

  test('an outcome may come before the answer to its send', async () => {
    const { waiters } = setup();
    const only = sending(waiters);
    waiters.hear(accepted(7));
    expect(await told(only)).toBe('fresh ProductArchived');
    only.sent(7);
    expect(waiters.size()).toBe(0);
  });

  test('a repeat that comes before its answer waits for it', async () => {
    const { waiters } = setup();
    const [first, second] = [sending(waiters), sending(waiters)];
    waiters.hear(repeated(8));
    first.sent(7);
    expect([await told(first), await told(second)]).toEqual(['waits', 'waits']);
    second.sent(8);
    expect([await told(first), await told(second)]).toEqual(['waits', 'fresh CommandRepeated']);
  });

  test('where the answer was lost, the oldest such request takes the fresh outcome', async () => {
    const { waiters } = setup();
    const [first, second] = [sending(waiters), sending(waiters)];
    second.sent(9);
    first.lost();
    waiters.hear(accepted(7));
    expect([await told(first), await told(second)]).toEqual(['fresh ProductArchived', 'waits']);
    waiters.hear(repeated(9));
    expect(await told(second)).toBe('fresh CommandRepeated');
  });

  test('whoever learns late that its outcome went elsewhere is told that it is a repeat', async () => {
    const { waiters } = setup();
    const [first, second] = [sending(waiters), sending(waiters)];
    waiters.hear(accepted(8));
    expect([await told(first), await told(second)]).toEqual(['fresh ProductArchived', 'waits']);
    first.lost();
    second.sent(8);
    expect(await told(second)).toBe('repeat ProductArchived');
    expect(waiters.size()).toBe(0);
  });

  test('a request with another body never takes an outcome of the first one', async () => {
    const { waiters } = setup();
    const other = sending(waiters, bodyB);
    waiters.hear(accepted(7, bodyA));
    waiters.hear(repeated(8));
    expect(await told(other)).toBe('waits');
    other.sent(9);
    waiters.hear(reused(9));
    expect(await told(other)).toBe('fresh CommandRefused');
  });

  test('a request that left is not told anything, and its outcome serves one that asked the same', async () => {
    const { waiters } = setup();
    const [first, second] = [sending(waiters), sending(waiters)];
    first.sent(7);
    second.sent(8);
    first.leave();
    waiters.hear(accepted(7));
    expect([await told(first), await told(second)]).toEqual(['waits', 'fresh ProductArchived']);
    expect(waiters.size()).toBe(0);
  });

  test('fifty requests with one key: one fresh outcome, forty-nine repeats, in whatever order things come', async () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = generator(seed);
      const { waiters } = setup();
      const all = Array.from({ length: 50 }, () => sending(waiters));
      const steps = shuffled(
        [
          // The answer of the send at offset i, which may be lost, and then sent again at offset 50 + i.
          ...all.map((waiter, i) => () => {
            if (random() < 0.2) {
              waiter.lost();
              waiter.sending();
              waiter.sent(50 + i);
            } else waiter.sent(i);
          }),
          ...Array.from(
            { length: 100 },
            (_, offset) => () => waiters.hear(offset === 0 ? accepted(0) : repeated(offset)),
          ),
        ],
        random,
      );
      for (const step of steps) step();
      const answers = await Promise.all(all.map(told));
      const fresh = answers.filter((answer) => answer === 'fresh ProductArchived').length;
      const repeats = answers.filter((answer) => answer !== 'waits').length - fresh;
      expect({ seed, fresh, repeats, left: waiters.size() }).toEqual({ seed, fresh: 1, repeats: 49, left: 0 });
    }
  });
});

describe('the limits', () => {
  test('too many requests, in all or for one partition', () => {
    const { waiters } = setup();
    for (let i = 0; i < 60; i += 1) waiters.join(0, `a${i}`, bodyA);
    expect([waiters.refusal(0), waiters.refusal(1)]).toEqual(['overloaded', null]);
    for (let i = 0; i < 40; i += 1) waiters.join(1, `b${i}`, bodyA);
    expect(waiters.refusal(2)).toBe('overloaded');
  });

  test('a writer that answers nobody for too long counts as away until it answers', () => {
    const { waiters, clock } = setup();
    const first = sending(waiters);
    first.sent(1);
    clock.now = 5_000;
    sending(waiters).sent(2);
    first.leave();
    clock.now = 10_001;
    expect(waiters.refusal(0)).toBe('writer_unavailable');
    waiters.hear(
      outcomeOf({ type: 'ProductArchived', data: { product_id: 'p', version: 2 } }, { commandId: 'x', placedAt: 0 }),
    );
    expect(waiters.refusal(0)).toBeNull();
  });

  test('one request is let in to find out whether the writer is back', () => {
    const { waiters, clock } = setup();
    const first = sending(waiters);
    first.sent(1);
    clock.now = 20_000;
    expect(waiters.refusal(0)).toBe('writer_unavailable');
    first.leave();
    expect(waiters.refusal(0)).toBeNull();
  });

  test('after a late decision nobody joins those that wait, until one is decided in time', () => {
    const { waiters, clock } = setup();
    const askAt = (now: number, id: string): void => {
      clock.now = now;
      waiters.join(0, id, bodyA).sending();
    };
    const decideAt = (now: number, id: string): void => {
      clock.now = now;
      const remember = { commandId: id, placedAt: 0, fingerprint: bodyA };
      waiters.hear(outcomeOf({ type: 'ProductArchived', data: { product_id: 'p', version: 2 } }, remember));
    };
    askAt(0, 'a');
    askAt(0, 'b');
    decideAt(1_000, 'a');
    expect(waiters.refusal(0)).toBeNull();
    askAt(1_000, 'c');
    decideAt(1_001, 'b');
    expect([waiters.refusal(0), waiters.refusal(1)]).toEqual(['overloaded', null]);
    decideAt(1_500, 'c');
    expect(waiters.refusal(0)).toBeNull();

    askAt(3_000, 'd');
    askAt(4_200, 'e');
    askAt(4_200, 'f');
    decideAt(4_500, 'd');
    expect(waiters.refusal(0)).toBe('overloaded');
    decideAt(4_900, 'e');
    expect(waiters.refusal(0)).toBeNull();
  });

  test('a request that went unanswered long ago keeps nobody out', () => {
    const { waiters, clock } = setup();
    const lost = sending(waiters);
    lost.lost();
    lost.leave();
    clock.now = 3_600_000;
    sending(waiters).sent(1);
    expect(waiters.refusal(0)).toBeNull();
  });
});

/** Park and Miller's generator, in [0, 1). */
function generator(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
