// The row of whole lives: orders that are paid by themselves, from their POST to their end.
import { waitFor } from '../../stack/wait.ts';
import type { Target } from './wrk.ts';

/** The ledger that is measured. */
type Asked = Pick<Target, 'url' | 'apiKey'>;

/** Orders of the whole ledger by where they stand. */
interface Lives {
  readonly ended: number;
  readonly open: number;
  /** Those with manual payment stay so. */
  readonly pending: number;
}

/** What a measurement of whole lives tells beside the answers to its orders. */
export interface Whole {
  /** Orders that were paid or failed, a second, while more were placed. */
  readonly settledPerS: number;
  /** Until the last of them had, after the last order; ms. Null: not within the time that was given. */
  readonly drainMs: number | null;
}

const answerMsMax = 30_000;
const lookEveryMs = 250;
const openStatuses = ['RESERVING', 'PROCESSING'];

async function livesOf({ url, apiKey }: Asked): Promise<Lives> {
  const answer = await fetch(`${url}/v1/orders/statistics`, {
    headers: { authorization: `Bearer ${apiKey}` },
    signal: AbortSignal.timeout(answerMsMax),
  });
  if (answer.status !== 200) throw new Error(`GET /v1/orders/statistics answered ${answer.status}`);
  const { by_status } = (await answer.json()) as { readonly by_status: { readonly [status: string]: number } };
  const count = (statuses: readonly string[]): number => statuses.reduce((sum, one) => sum + (by_status[one] ?? 0), 0);
  return { ended: count(['PAID', 'FAILED']), open: count(openStatuses), pending: count(['PENDING']) };
}

/**
 * Measures around `load`, which places orders. `pendingAtRest`: orders that stay PENDING because nobody asks for their
 * payment; those that were placed for warming up are on their way already when it begins, and some are when it ends.
 */
export async function measureWhole<T>(
  target: Asked,
  pendingAtRest: number,
  deadlineMs: number,
  load: () => Promise<T>,
): Promise<Whole & { readonly loaded: T }> {
  const before = await livesOf(target);
  const started = performance.now();
  const loaded = await load();
  const during = await livesOf(target);
  const ended = performance.now();
  const settledPerS = (during.ended - before.ended) / ((ended - started) / 1_000);
  const rest = await waitFor('the end of all payments', () => mustBeDone(target, pendingAtRest), {
    deadlineMs,
    everyMs: lookEveryMs,
  }).then(
    () => performance.now() - ended,
    () => null,
  );
  return { loaded, settledPerS, drainMs: rest };
}

/** Orders that wait for a payment that nobody asked for. */
export async function pendingOf(target: Asked): Promise<number> {
  return (await livesOf(target)).pending;
}

async function mustBeDone(target: Asked, pendingAtRest: number): Promise<void> {
  const { open, pending } = await livesOf(target);
  const left = open + pending - pendingAtRest;
  if (left > 0) throw new Error(`${left} orders are not paid yet`);
}
