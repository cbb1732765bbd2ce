// Brings taken slices into the sink of one target, in one transaction, and does not give up: what went wrong is tried
// again from the checkpoints that the sink tells, because a reply may be lost although the transaction was not.
import type { Change, Checkpoints } from '../../projections/projection.ts';
import type { Pace } from '../../src/log/port.ts';
import type { PassCrashPoint } from '../../src/platform/crash-points.ts';
import type { Lane, Mark, Slice } from './lane.ts';
import { asError } from './options.ts';
import type { ProjectorEvents } from './options.ts';
import type { Target } from './targets.ts';

export interface Applying {
  readonly pace: Pace;
  readonly signal: AbortSignal;
  /** The checkpoint of this lane was moved by somebody else: begin again from there. */
  restart(lane: Lane): void;
  trouble(error: unknown): void;
  /** A generation that is not read cannot be kept up. */
  spoil(target: Target, error: Error): void;
  /** Postgres answers. */
  well(): void;
  readonly passing: PassCrashPoint | undefined;
  readonly events: ProjectorEvents | undefined;
}

const backoffMsMin = 100;
const backoffMsMax = 2_000;

interface Part {
  readonly lane: Lane;
  readonly mark: Mark;
  readonly next: number;
  readonly changes: readonly Change[];
}

/** Applies slices to all their targets, each in a transaction of its own, at the same time. Never rejects. */
export async function applySlices(slices: readonly Slice[], applying: Applying): Promise<void> {
  const byTarget = new Map<Target, Part[]>();
  for (const { lane, next, changes } of slices) {
    for (const [mark, list] of changes) {
      if (next <= mark.next || mark.target.spoiled) continue;
      const parts = byTarget.get(mark.target) ?? [];
      parts.push({ lane, mark, next, changes: list });
      byTarget.set(mark.target, parts);
    }
  }
  await Promise.all([...byTarget].map(([target, parts]) => applyParts(target, parts, applying)));
}

async function applyParts(target: Target, parts: readonly Part[], applying: Applying): Promise<void> {
  let left = parts;
  for (let attempt = 0; ; attempt++) {
    try {
      if (attempt > 0) left = reconcile(left, await target.sink.checkpoints(), applying);
      left = left.filter(({ lane }) => lane.live());
      if (left.length === 0) return applying.well();
      if (applying.signal.aborted) return;
      const started = applying.pace.now();
      const outcome = await target.sink.apply(
        left.flatMap(({ changes }) => changes),
        new Map(left.map(({ lane, mark, next }) => [lane.partition, { expected: mark.next, next }])),
      );
      applying.well();
      if (outcome === 'applied') {
        applying.events?.applied(target.projection.name, applying.pace.now() - started);
        applying.passing?.('project');
        return left.forEach(advance);
      }
    } catch (error) {
      if (isAboutData(error) || (isGone(error) && !target.active)) {
        if (!target.active) return applying.spoil(target, asError(error));
        return isolate(target, left, asError(error), applying);
      }
      applying.trouble(error);
      const waitMs = Math.min(backoffMsMin * 2 ** attempt, backoffMsMax);
      await applying.pace.sleep(waitMs * (0.5 + applying.pace.random() / 2), applying.signal);
    }
    if (applying.signal.aborted) return;
  }
}

/** Keeps what is still to be applied: the sink stands where it stood before. */
function reconcile(parts: readonly Part[], checkpoints: Checkpoints, applying: Applying): readonly Part[] {
  return parts.filter((part) => {
    const { lane, mark, next } = part;
    const actual = checkpoints.get(lane.partition) ?? 0;
    if (actual === mark.next) return true;
    if (actual === next) advance(part);
    else if (lane.live()) applying.restart(lane);
    return false;
  });
}

function advance({ mark, next }: Part): void {
  mark.next = next;
}

/** Finds the partition whose data Postgres refuses, so that the others go on. */
async function isolate(target: Target, parts: readonly Part[], error: Error, applying: Applying): Promise<void> {
  const [only, ...others] = parts;
  if (only === undefined) return;
  if (others.length === 0) return only.lane.halt(error);
  for (const part of parts) await applyParts(target, [part], applying);
}

/** Its table or schema is gone: a generation that was dropped. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '42P01' || error.code === '3F000');
}

/** Data exception, integrity violation: the same statement would fail for ever. */
function isAboutData(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^2[23][0-9A-Z]{3}$/.test(String(error.code));
}
