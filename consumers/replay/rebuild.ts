// Runs a replay again into tables that are dropped afterwards: what `verify` compares a manifest with, and what a bounded
// replay is compared with, because the live generation stands elsewhere.
import { randomBytes } from 'node:crypto';
import type { Projection } from '../../projections/projection.ts';
import type { Replay, ReplayRange, ReplayRequest } from '../../projections/replays.ts';
import { dropGeneration } from './drop.ts';
import type { Manifest } from './manifest.ts';
import type { OnProgress, ReplayDeps } from './replay.ts';
import { startReplay, workOn } from './replay.ts';

export interface Again {
  readonly projection: Projection;
  readonly definitionHash: string;
  readonly ranges: readonly ReplayRange[];
  readonly request: ReplayRequest;
  /** First word of the name that the tables have meanwhile. */
  readonly called: 'verify' | 'diff';
}

/** Rebuilds, looks, and drops, whatever happens. @throws what the replay or `look` throws */
export async function rebuild<T>(
  deps: ReplayDeps,
  { called, ...again }: Again,
  onProgress: OnProgress,
  signal: AbortSignal,
  look: (replay: Replay, manifest: Manifest) => Promise<T>,
): Promise<T> {
  const name = `${called}-${randomBytes(5).toString('hex')}`;
  const replay = await startReplay(deps, { ...again, name, private: true, expiresAt: null });
  try {
    const manifest = await workOn(deps, replay, again.projection, onProgress, signal);
    return await look(replay, manifest);
  } finally {
    await dropGeneration(deps, replay, again.projection);
  }
}
