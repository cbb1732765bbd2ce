// Charges behind the breaker, with a gateway that the test plays: what is a payment's own fault, and what is an outage.
import { describe, expect, test } from '@jest/globals';
import type { BreakerState } from '../../consumers/payments/breaker.ts';
import { guardGateway } from '../../consumers/payments/breaker.ts';
import type { AttemptResult, Gateway, GatewayFault } from '../../consumers/payments/gateway.ts';
import { GatewayError } from '../../consumers/payments/gateway.ts';
import { jobOf } from './job.ts';

const job = jobOf({ partition: 0 });
const captured: AttemptResult = { kind: 'captured', amount: job.total, reference: 'p-1' };
const never = new AbortController().signal;

interface Played {
  charge: () => AttemptResult | GatewayFault;
  lookUp: () => AttemptResult | GatewayFault;
}

function world(played: Played, failures = 3, openMs = 60_000) {
  const states: BreakerState[] = [];
  const strange: GatewayFault[] = [];
  const asked: string[] = [];
  const answer = (what: string, told: () => AttemptResult | GatewayFault): Promise<AttemptResult> => {
    asked.push(what);
    const said = told();
    return typeof said === 'string' ? Promise.reject(new GatewayError(said, said)) : Promise.resolve(said);
  };
  const gateway: Gateway = {
    charge: () => answer('charge', played.charge),
    lookUp: () => answer('look_up', played.lookUp),
    void: () => answer('void', () => ({ kind: 'declined', reason: 'voided' })),
  };
  const guarded = guardGateway({
    gateway,
    failures,
    openMs,
    concurrency: 8,
    changed: (state) => states.push(state),
    strange: ({ fault }) => strange.push(fault),
  });
  return { guarded, states, strange, asked };
}

describe('a charge', () => {
  test('that is answered is asked once', async () => {
    const { guarded, asked } = world({ charge: () => captured, lookUp: () => captured });
    expect(await guarded.charge(job, never)).toEqual({ kind: 'result', result: captured });
    expect(asked).toEqual(['charge']);
  });

  test.each(['timeout', 'broken', 'status', 'unsigned', 'malformed'] as const)(
    'whose answer is %s is looked up before anything else',
    async (fault) => {
      const { guarded, asked } = world({ charge: () => fault, lookUp: () => captured });
      expect(await guarded.charge(job, never)).toEqual({ kind: 'result', result: captured });
      expect(asked).toEqual(['charge', 'look_up']);
    },
  );

  test('that failed while the gateway answers is the fault of the payment', async () => {
    const { guarded } = world({ charge: () => 'status', lookUp: () => ({ kind: 'unknown' }) });
    expect(await guarded.charge(job, never)).toMatchObject({ kind: 'failure', own: true });
  });

  test('that failed while nothing answers is nobody’s fault', async () => {
    const { guarded } = world({ charge: () => 'timeout', lookUp: () => 'timeout' });
    expect(await guarded.charge(job, never)).toMatchObject({ kind: 'failure', own: false });
  });

  test('that is refused is the fault of the payment, and the gateway is well', async () => {
    const { guarded, states } = world({ charge: () => 'refused', lookUp: () => 'timeout' }, 1);
    expect(await guarded.charge(job, never)).toMatchObject({ kind: 'failure', own: true });
    expect(states).toEqual([]);
  });

  test.each(['unsigned', 'wrong_amount', 'malformed'] as const)('whose answer is %s is told of', async (fault) => {
    const { guarded, strange } = world({ charge: () => fault, lookUp: () => ({ kind: 'unknown' }) });
    await guarded.charge(job, never);
    expect(strange).toEqual([fault]);
  });

  test('that was stopped says nothing about the gateway', async () => {
    const stop = new AbortController();
    stop.abort(new Error('the partition is lost'));
    const { guarded, states } = world({ charge: () => 'timeout', lookUp: () => 'timeout' }, 1);
    await expect(guarded.charge(job, stop.signal)).rejects.toThrow('the partition is lost');
    expect(states).toEqual([]);
  });
});

describe('the breaker', () => {
  test('opens after failures in a row, and then has room for nobody', async () => {
    const { guarded, states } = world({ charge: () => 'broken', lookUp: () => 'broken' });
    expect(guarded.room(2)).toBe(6);
    for (let times = 0; times < 3; times++) await guarded.charge(job, never);
    expect(states).toEqual(['open']);
    expect(guarded.room(0)).toBe(0);
  });

  test('that opens makes no failure of that moment count', async () => {
    const { guarded } = world({ charge: () => 'status', lookUp: () => ({ kind: 'unknown' }) }, 2);
    expect(await guarded.charge(job, never)).toMatchObject({ own: true });
    expect(await guarded.charge(job, never)).toMatchObject({ own: false });
  });

  test('lets one through after its time: a failure opens it again and does not count, an answer closes it', async () => {
    const played: Played = { charge: () => 'status', lookUp: () => ({ kind: 'unknown' }) };
    const { guarded, states } = world(played, 1, 0);
    await guarded.charge(job, never);
    expect([guarded.room(0), guarded.room(1)]).toEqual([1, 0]);
    expect(await guarded.charge(job, never)).toMatchObject({ own: false });
    played.charge = () => captured;
    expect(await guarded.charge(job, never)).toMatchObject({ kind: 'result' });
    expect(states).toEqual(['open', 'half_open', 'open', 'half_open', 'closed']);
    expect(guarded.room(0)).toBe(8);
  });
});
