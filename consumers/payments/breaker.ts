// Charges behind a circuit breaker. It tells failures that are a job's own from those of a gateway that is away, so that
// an outage is waited out and fills no dead letters.
import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import type { AttemptResult, Gateway } from './gateway.ts';
import { GatewayError } from './gateway.ts';
import type { Job } from './job.ts';

/** How a charge went. */
export type Charge =
  | { readonly kind: 'result'; readonly result: AttemptResult }
  /** `own`: the gateway answers, only this charge fails. */
  | { readonly kind: 'failure'; readonly own: boolean; readonly error: string };

export type BreakerState = 'closed' | 'half_open' | 'open';

export interface GuardedGateway {
  /** Charges once; where the answer is lost, asks what became of the attempt. @throws the signal's reason */
  charge(job: Job, signal: AbortSignal): Promise<Charge>;
  /** Takes back or bars an attempt. @throws the signal's reason */
  void(job: Job, signal: AbortSignal): Promise<Charge>;
  /** How many more jobs may begin while this many are running. */
  room(running: number): number;
  state(): BreakerState;
}

export interface BreakerOptions {
  readonly gateway: Gateway;
  readonly failures: number;
  readonly openMs: number;
  readonly concurrency: number;
  /** Hears of every change. */
  readonly changed: (state: BreakerState) => void;
  /** Hears of every answer that is not to be believed. */
  readonly strange: (error: GatewayError, job: Job) => void;
}

export function guardGateway(options: BreakerOptions): GuardedGateway {
  const { gateway, concurrency, strange } = options;
  const policy = circuitBreaker(handleAll, {
    halfOpenAfter: options.openMs,
    breaker: new ConsecutiveBreaker(options.failures),
  });
  let openedAt = 0;
  policy.onBreak(() => {
    openedAt = Date.now();
  });
  policy.onStateChange(() => options.changed(state()));

  function state(): BreakerState {
    if (policy.state === CircuitState.Closed) return 'closed';
    return policy.state === CircuitState.HalfOpen ? 'half_open' : 'open';
  }

  function report(error: unknown, job: Job): GatewayError {
    if (!(error instanceof GatewayError)) throw error;
    if (['unsigned', 'malformed', 'wrong_amount'].includes(error.fault)) strange(error, job);
    return error;
  }

  /** What became of the attempt, where the charge itself did not tell. */
  async function settle(job: Job, error: GatewayError, wasClosed: boolean, signal: AbortSignal): Promise<Charge> {
    try {
      const result = await gateway.lookUp(job, signal);
      if (result.kind !== 'unknown') return { kind: 'result', result };
      const own = wasClosed && state() === 'closed';
      return { kind: 'failure', own, error: error.message };
    } catch (again) {
      signal.throwIfAborted();
      // A look-up that tells another amount is an answer, too.
      const own = report(again, job).fault === 'wrong_amount' && wasClosed && state() === 'closed';
      return { kind: 'failure', own, error: error.message };
    }
  }

  return {
    charge: async (job, signal) => {
      const wasClosed = state() === 'closed';
      try {
        const result = await policy.execute(() => answerOf(gateway.charge(job, signal), signal));
        if (result instanceof GatewayError) return { kind: 'failure', own: true, error: result.message };
        if (result.kind === 'stopped') throw result.reason;
        return { kind: 'result', result };
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof GatewayError)) return { kind: 'failure', own: false, error: messageOf(error) };
        return settle(job, report(error, job), wasClosed, signal);
      }
    },
    void: async (job, signal) => {
      try {
        return { kind: 'result', result: await gateway.void(job, signal) };
      } catch (error) {
        signal.throwIfAborted();
        const { fault, message } = report(error, job);
        return { kind: 'failure', own: fault === 'refused' && state() === 'closed', error: message };
      }
    },
    room: (running) => {
      if (state() === 'closed') return Math.max(0, concurrency - running);
      const mayTry = state() === 'open' && Date.now() - openedAt >= options.openMs && running === 0;
      return mayTry ? 1 : 0;
    },
    state,
  };
}

type Answered = AttemptResult | GatewayError | { readonly kind: 'stopped'; readonly reason: unknown };

/** A refusal is an answer like any other, and that we stop says nothing about the gateway. */
async function answerOf(asked: Promise<AttemptResult>, signal: AbortSignal): Promise<Answered> {
  try {
    return await asked;
  } catch (error) {
    if (signal.aborted) return { kind: 'stopped', reason: signal.reason };
    if (error instanceof GatewayError && error.fault === 'refused') return error;
    throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
