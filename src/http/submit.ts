// HTTP room: from a request to the log and back to its outcome. What is refused here was never appended; whatever may
// have been appended is sent again under the same identity, and the writer decides it once.
import type { Command } from '../../schemas/generated.ts';
import type { CommandRecord } from '../../schemas/records.ts';
import type { LedgerClient } from '../log/client-port.ts';
import { LogError } from '../log/port.ts';
import type { Config } from '../platform/config.ts';
import type { PassCrashPoint } from '../platform/crash-points.ts';
import type { ApiMetrics } from '../platform/metrics.ts';
import type { Claims } from './claims.ts';
import type { Preferences } from './headers.ts';
import type { CommandId, Operation } from './ids.ts';
import { Problem } from './problems.ts';
import type { Timer } from './timer.ts';
import { timer } from './timer.ts';
import type { Decided, Waiter, Waiters } from './waiters.ts';

/** A command with all that the log and the waiting need to know about its request. */
export interface Asked {
  readonly operation: Operation;
  readonly command: Command;
  readonly partition: number;
  readonly commandId: CommandId;
  readonly fingerprint: Uint8Array;
  /** Whether the client named the request by an Idempotency-Key. */
  readonly keyed: boolean;
  readonly principal: string;
  readonly traceId: string;
  /** W3C trace context of the request, to travel with the command; null where it has none. */
  readonly traceparent: string | null;
  readonly prefer: Preferences;
  /** Resolves when the client hangs up. */
  readonly gone: Promise<void>;
}

/** `undecided`: the log has the command, and its outcome was not seen within the time that the client waits. */
export type Answered = ({ readonly kind: 'decided' } & Decided) | { readonly kind: 'undecided' };

export type Submit = (asked: Asked) => Promise<Answered>;

export interface SubmitOptions {
  readonly config: Pick<Config, 'outcomeWaitMsMax' | 'keyRememberS' | 'unkeyedRememberS'>;
  readonly client: Pick<LedgerClient, 'instanceId' | 'ready' | 'submit' | 'brokerNow'>;
  readonly waiters: Waiters;
  readonly claims: Claims;
  readonly metrics: Pick<ApiMetrics, 'commands' | 'claimsSkipped'>;
  readonly passing?: PassCrashPoint | undefined;
}

/** Sends of one command by one request: the first, and one more where its fate is unknown. */
const sendsMax = 2;

/** What became of the sends of a command. `unknown`: none was acknowledged, at least one may have landed. */
type Sent = 'acknowledged' | 'unknown' | { readonly refused: Problem };

/**
 * Makes the function that puts commands to the ledger.
 * It throws Problem `overloaded`, `writer_unavailable`, `dependency_down`, `idempotency_key_reused`, `body_too_large`.
 */
export function createSubmit(options: SubmitOptions): Submit {
  const { client, waiters, claims, metrics, passing } = options;

  return async (asked) => {
    const refusal = waiters.refusal(asked.partition);
    if (refusal !== null) throw new Problem(refusal);
    if (!client.ready()) throw new Problem('dependency_down');
    // The same key with another body may belong to another partition, whose writer knows nothing of the first.
    const claimed = asked.keyed && (await claim(claims, metrics, asked));
    for (let attempt = 1; ; attempt += 1) {
      const answered = await attemptOnce(options, asked);
      if ('refused' in answered) {
        if (claimed) await claims.release(asked.commandId, asked.partition);
        metrics.commands.inc({ operation: asked.operation, outcome: 'not_sent' });
        throw answered.refused;
      }
      if (!isTooLate(answered)) {
        if (answered.kind === 'decided') passing?.('answer');
        const outcome = answered.kind === 'undecided' ? 'undecided' : answered.outcome.event.type;
        metrics.commands.inc({ operation: asked.operation, outcome });
        return answered;
      }
      // It lay too long on its way; nothing was decided, so it may be made anew, once.
      if (attempt === 2) throw new Problem('writer_unavailable');
    }
  };
}

/** @returns whether this request made the claim. @throws Problem `idempotency_key_reused` */
async function claim(claims: Claims, metrics: SubmitOptions['metrics'], asked: Asked): Promise<boolean> {
  const answer = await claims.take(asked.commandId, asked.partition);
  if (answer.kind === 'skipped') metrics.claimsSkipped.inc({ reason: answer.reason });
  if (answer.kind === 'held' && answer.partition !== asked.partition) throw new Problem('idempotency_key_reused');
  return answer.kind === 'taken';
}

async function attemptOnce(options: SubmitOptions, asked: Asked): Promise<Answered | { readonly refused: Problem }> {
  const { config, waiters } = options;
  const started = performance.now();
  const waiter = waiters.join(asked.partition, asked.commandId, asked.fingerprint);
  const decided = waiter.decided.then((outcome) => ({ kind: 'decided', ...outcome }) as const);
  const gone = asked.gone.then(() => ({ kind: 'undecided' }) as const);
  const limit = timer(config.outcomeWaitMsMax);
  let patience: Timer | null = null;
  try {
    const sent = await Promise.race([decided, gone, send(options, asked, waiter), limit.passed]);
    if (sent === 'passed') throw noAnswer();
    if (typeof sent === 'object') return sent;
    if (sent === 'unknown') {
      const late = await Promise.race([decided, gone, limit.passed]);
      if (late === 'passed') throw noAnswer();
      return late;
    }
    const spent = performance.now() - started;
    patience = timer(Math.max(0, waitMs(asked.prefer, config.outcomeWaitMsMax) - spent));
    const answer = await Promise.race([decided, gone, patience.passed]);
    return answer === 'passed' ? { kind: 'undecided' } : answer;
  } finally {
    limit.clear();
    patience?.clear();
    waiter.leave();
  }
}

/** Puts the command into the log; never rejects. */
async function send({ client, config, passing }: SubmitOptions, asked: Asked, waiter: Waiter): Promise<Sent> {
  const record: CommandRecord = {
    ...asked.command,
    meta: {
      command_id: asked.commandId,
      fingerprint: asked.fingerprint,
      remember_for_s: asked.keyed ? config.keyRememberS : config.unkeyedRememberS,
      made_at: Math.trunc(client.brokerNow()),
      actor: asked.principal,
      correlation_id: asked.traceId,
      reply_to: client.instanceId,
    },
  };
  for (let sends = 1; sends <= sendsMax; sends += 1) {
    waiter.sending();
    try {
      const { offset } = await client.submit(asked.partition, record, asked.traceparent);
      passing?.('submit');
      waiter.sent(offset);
      return 'acknowledged';
    } catch (error) {
      if (error instanceof LogError && error.code === 'unknown') {
        waiter.lost();
        continue;
      }
      waiter.unsent();
      // What an earlier send of unknown fate did stands, so the outcome may still come.
      return sends > 1 ? 'unknown' : { refused: problemOf(error) };
    }
  }
  return 'unknown';
}

function problemOf(error: unknown): Problem {
  if (!(error instanceof LogError)) return new Problem('internal_error', { cause: error });
  return new Problem(error.code === 'too_large' ? 'body_too_large' : 'dependency_down', { cause: error });
}

function noAnswer(): Problem {
  return new Problem('dependency_down', {
    detail: 'The log did not acknowledge the command in time; repeat it with the same Idempotency-Key.',
  });
}

/** How long the client waits for the decision, from its request on. */
function waitMs({ respondAsync, waitS }: Preferences, max: number): number {
  return Math.min(max, waitS === null ? (respondAsync ? 0 : max) : waitS * 1_000);
}

function isTooLate(answered: Answered): boolean {
  if (answered.kind === 'undecided' || answered.repeat) return false;
  const { event } = answered.outcome;
  return event.type === 'CommandRefused' && event.data.reason === 'too_late';
}
