// One pass of a job: open the payment, charge, record what became of it. Every step may be done again by anybody.
import type { Propose } from '../propose.ts';
import type { GuardedGateway } from './breaker.ts';
import type { AttemptResult } from './gateway.ts';
import type { Job, Passed } from './job.ts';

export interface PassOptions {
  readonly gateway: Pick<GuardedGateway, 'charge' | 'void'>;
  readonly propose: Propose;
  /** A test may let the process die here: the gateway has done its part, the ledger does not know. */
  readonly charged?: () => void;
}

const actor = 'worker:payments';

/** @throws the signal's reason */
export async function runPass(job: Job, options: PassOptions, signal: AbortSignal): Promise<Passed> {
  if (job.what === 'pay') {
    const opened = await openPayment(job, options, signal);
    if (opened !== null) return opened;
  }
  const charge = await (job.what === 'pay' ? options.gateway.charge(job, signal) : options.gateway.void(job, signal));
  if (charge.kind === 'failure') return { kind: charge.own ? 'failed' : 'hindered', error: charge.error };
  options.charged?.();
  return record(job, charge.result, options, signal);
}

/** Null where the payment is open and may go on. */
async function openPayment(job: Job, { propose }: PassOptions, signal: AbortSignal): Promise<Passed | null> {
  const { order_id, attempt_id, partition, correlation_id } = job;
  const command = { type: 'BeginProcessing', data: { order_id, attempt_id } } as const;
  const event = await propose({ command, partition, correlation_id, actor }, signal);
  if (event.type === 'OrderProcessing' || event.type === 'CommandRepeated') return null;
  if (event.type !== 'CommandRefused') return { kind: 'failed', error: `BeginProcessing gave ${event.type}` };
  const { reason, detail } = event.data;
  if (reason === 'not_processable' || reason === 'unknown_order') return { kind: 'finished', outcome: 'not_wanted' };
  return { kind: 'failed', error: `BeginProcessing was refused: ${detail}` };
}

async function record(job: Job, result: AttemptResult, { propose }: PassOptions, signal: AbortSignal): Promise<Passed> {
  const { order_id, attempt_id, partition, correlation_id, what } = job;
  if (result.kind === 'unknown') return { kind: 'failed', error: 'the gateway does not know the attempt it was sent' };
  if (what === 'abandon' && result.kind === 'captured') return { kind: 'failed', error: 'the gateway did not void it' };
  const captured = result.kind === 'captured';
  const command = {
    type: 'RecordPayment',
    data: {
      order_id,
      attempt_id,
      result: result.kind,
      amount: captured ? result.amount : null,
      reason: captured ? null : what === 'abandon' ? 'abandoned' : result.reason,
      gateway_reference: captured ? result.reference : null,
    },
  } as const;
  const event = await propose({ command, partition, correlation_id, actor }, signal);
  const outcome = what === 'abandon' ? 'abandoned' : result.kind;
  const isRecorded = event.type === 'OrderPaid' || event.type === 'OrderFailed' || event.type === 'CommandRepeated';
  if (isRecorded) return { kind: 'finished', outcome };
  if (event.type !== 'CommandRefused') return { kind: 'failed', error: `RecordPayment gave ${event.type}` };
  // An order that ended so long ago that its partition has forgotten it was recorded then.
  if (event.data.reason === 'unknown_order') return { kind: 'finished', outcome };
  return { kind: 'failed', error: `RecordPayment was refused: ${event.data.detail}` };
}
