// Who is told of the end of an order that other partitions had to answer for.
import { describe, expect, test } from '@jest/globals';
import type { Outcome } from '../../src/log/client-port.ts';
import { accepted, bodyA, bodyB, limits, sending, setup, told } from './waiting.ts';

/** The end of an order that other partitions answered for: it answers a command that was decided earlier. */
const deferred = (placedAt: number): Outcome => {
  const outcome = accepted(placedAt);
  const event = { ...outcome.event, meta: { ...outcome.event.meta, command_offset: placedAt + 50 } };
  return { ...outcome, event };
};
/** What tells that an order waits for other partitions. */
const asking = (placedAt: number): Outcome => {
  const outcome = accepted(placedAt);
  const event = { ...outcome.event, meta: { ...outcome.event.meta, answers: null, placed_at: null } };
  return { ...outcome, event };
};

describe('an order that other partitions answer for', () => {
  test('is told to all who asked for it: the one whose send it was gets the fresh outcome', async () => {
    const { waiters } = setup();
    const [repeat, first, other] = [sending(waiters), sending(waiters), sending(waiters, bodyB)];
    repeat.sent(8);
    first.sent(7);
    other.sent(9);
    waiters.hear(asking(7));
    expect([await told(first), await told(repeat)]).toEqual(['waits', 'waits']);
    waiters.hear(deferred(7));
    expect([await told(first), await told(repeat), await told(other)]).toEqual([
      'fresh ProductArchived',
      'repeat ProductArchived',
      'waits',
    ]);
  });

  test('is a repeat to all who wait at an instance that did not send the first command', async () => {
    const { waiters } = setup();
    const [one, two] = [sending(waiters), sending(waiters)];
    one.sent(8);
    waiters.hear(deferred(7));
    expect([await told(one), await told(two)]).toEqual(['waits', 'waits']);
    two.sent(9);
    expect([await told(one), await told(two)]).toEqual(['repeat ProductArchived', 'repeat ProductArchived']);
    expect(waiters.size()).toBe(0);
  });

  test('is fresh to whoever lost the answer to its send', async () => {
    const { waiters } = setup();
    const [lost, repeat] = [sending(waiters), sending(waiters)];
    repeat.sent(8);
    lost.lost();
    waiters.hear(deferred(7));
    expect([await told(lost), await told(repeat)]).toEqual(['fresh ProductArchived', 'repeat ProductArchived']);
  });

  test('does not make its writer look away or late while others are decided', () => {
    const { waiters, clock } = setup();
    sending(waiters).sent(7);
    clock.now = limits.writerStalledMsMax;
    waiters.hear(asking(9));
    clock.now += limits.decisionLateMs;
    expect(waiters.refusal(0)).toBeNull();
    waiters.join(0, '33333333-3333-8333-8333-333333333333', bodyA);
    waiters.hear(deferred(7));
    expect(waiters.refusal(0)).toBeNull();
  });
});
