// How a worker puts a command to the ledger: the same command until its outcome is heard. Its identity is derived, and
// the writer decides by the order's state, so asking again changes nothing.
import type { Command } from '../schemas/generated.ts';
import type { CommandRecord } from '../schemas/records.ts';
import type { LedgerClient, Outcome } from '../src/log/client-port.ts';
import type { Pace } from '../src/log/port.ts';
import { workerCommandId, workerFingerprint } from './payments/identities.ts';

export interface Proposal {
  readonly command: Extract<Command, { readonly data: { readonly order_id: string } }>;
  readonly partition: number;
  /** The trace that it belongs to. */
  readonly correlation_id: string;
  /** Who asks, as `worker:payments`. */
  readonly actor: string;
}

/** Answers the event that decided the command. @throws the signal's reason */
export type Propose = (proposal: Proposal, signal: AbortSignal) => Promise<Outcome['event']>;

export interface ProposeOptions {
  readonly client: Pick<LedgerClient, 'instanceId' | 'submit' | 'onOutcome'>;
  readonly pace: Pace;
  /** How long the outcome of one sending is waited for at first, ms; twice as long each further time. */
  readonly outcomeWaitMsMax: number;
  readonly trouble: (error: unknown) => void;
}

const waitsLonger = 4;
/** A worker's command is not remembered by its id; the schema wants a window all the same. */
const rememberForS = 60;

export function createPropose({ client, pace, outcomeWaitMsMax, trouble }: ProposeOptions): Propose {
  const waiting = new Map<string, (event: Outcome['event']) => void>();
  client.onOutcome(({ event }) => {
    if (event.meta.answers !== null) waiting.get(event.meta.answers)?.(event);
  });

  async function sendUntilHeard(
    partition: number,
    record: CommandRecord,
    heard: AbortSignal,
    signal: AbortSignal,
  ): Promise<void> {
    const over = AbortSignal.any([heard, signal]);
    for (let times = 0; !over.aborted; times += 1) {
      try {
        await client.submit(partition, record);
      } catch (error) {
        trouble(error);
      }
      const waitMs = outcomeWaitMsMax * 2 ** Math.min(times, waitsLonger);
      await pace.sleep(waitMs * (0.75 + pace.random() / 2), over);
    }
  }

  return async ({ command, partition, correlation_id, actor }, signal) => {
    signal.throwIfAborted();
    const commandId = workerCommandId(command.type, command.data.order_id);
    const record: CommandRecord = {
      ...command,
      meta: {
        command_id: commandId,
        fingerprint: workerFingerprint(command),
        remember_for_s: rememberForS,
        made_at: -1,
        actor,
        correlation_id,
        reply_to: client.instanceId,
      },
    };
    const heard = new AbortController();
    const { promise, resolve } = Promise.withResolvers<Outcome['event']>();
    const hear = (event: Outcome['event']): void => {
      resolve(event);
      heard.abort();
    };
    waiting.set(commandId, hear);
    try {
      const sending = sendUntilHeard(partition, record, heard.signal, signal);
      const outcome = await Promise.race([promise, sending.then(() => null)]);
      signal.throwIfAborted();
      // Sending ends when the outcome was heard, which is then known.
      return outcome ?? (await promise);
    } finally {
      heard.abort();
      // A later run of the same job may wait under the same id by now.
      if (waiting.get(commandId) === hear) waiting.delete(commandId);
    }
  };
}
