// CLI room: a replay beside the live generation, and its activation, which refuses what nobody can explain.
import type { Diff, NotCompared } from '../../../consumers/replay/diff.ts';
import { diffGenerations } from '../../../consumers/replay/diff.ts';
import { rebuild } from '../../../consumers/replay/rebuild.ts';
import type { OnProgress } from '../../../consumers/replay/replay.ts';
import { NotActivatable, activate, generationBefore } from '../../../projections/activation.ts';
import type { Activation } from '../../../projections/activation.ts';
import { activeGenerations, definitionHash } from '../../../projections/generations.ts';
import type { Generation } from '../../../projections/generations.ts';
import { shipped } from '../../../projections/registry.ts';
import { findReplay } from '../../../projections/replays.ts';
import type { Replay } from '../../../projections/replays.ts';
import { createPostgresStore } from '../../../projections/store.ts';
import { realPace } from '../../platform/pace.ts';
import { withMirrored } from './mirrored.ts';
import type { ReplayParts } from './parts.ts';
import { projectionOfReplay } from './parts.ts';

/** The rows of a replay differ from the live ones although the definition is the same. */
export class UnexplainedDifference extends Error {
  readonly diff: Diff | NotCompared;
  constructor(diff: Diff | NotCompared) {
    const what = 'equal' in diff ? differingTables(diff) : diff.text;
    super(`it differs from the live generation, whose definition is the same: ${what}`);
    this.name = 'UnexplainedDifference';
    this.diff = diff;
  }
}

export type Comparison =
  | { readonly kind: 'compared'; readonly diff: Diff }
  | { readonly kind: 'not_compared'; readonly why: NotCompared }
  /** There is nothing of the same meaning to compare it with. */
  | { readonly kind: 'other_definition'; readonly text: string };

/** By id or name. @throws Error where there is none */
export async function mustFind(pool: ReplayParts['pool'], idOrName: string): Promise<Replay> {
  const replay = await findReplay(pool, idOrName);
  if (replay !== null) return replay;
  throw new Error(`there is no replay ${idOrName}: ledger replay status lists them`);
}

type ComparingParts = Pick<ReplayParts, 'pool' | 'config' | 'logger'>;

/** Compares a replay that follows with the generation that is read, at the same offsets. @throws the driver's error */
export async function compareWithLive(
  { pool, config }: ComparingParts,
  replay: Replay,
  signal: AbortSignal,
): Promise<Comparison> {
  const live = (await activeGenerations(pool)).find(({ projection }) => projection === replay.projection);
  if (live === undefined) return { kind: 'other_definition', text: `no generation of ${replay.projection} is active` };
  if (live.definitionHash !== replay.definitionHash) {
    const text = `the live generation ${live.generation} (version ${live.version}) was built by another definition`;
    return { kind: 'other_definition', text };
  }
  const { projection } = await projectionOfReplay(replay);
  const places = { here: { ...replay, projection }, live: { ...live, projection } };
  const patience = { waitMsMax: config.activationWaitMsMax, pace: realPace, signal };
  const found = await diffGenerations(createPostgresStore(pool), places, patience);
  return 'equal' in found ? { kind: 'compared', diff: found } : { kind: 'not_compared', why: found };
}

/** Compares a bounded replay with the shipped projection at the same offsets, which is replayed for that. */
export async function compareBounded(
  parts: ReplayParts,
  replay: Replay,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Comparison> {
  const one = shipped.find(({ projection }) => projection.name === replay.projection);
  if (one === undefined || replay.request.file !== null) {
    return {
      kind: 'other_definition',
      text: `${replay.projection} is no projection of the ledger: nothing live to compare`,
    };
  }
  const request = { ...replay.request, types: null, product: null };
  const again = {
    projection: one.projection,
    definitionHash: await definitionHash(one),
    ranges: replay.ranges,
    request,
  };
  const diff = await rebuild(parts, { ...again, called: 'diff' }, onProgress, signal, async (other) => {
    const places = {
      here: { ...replay, projection: one.projection },
      live: { ...other, projection: one.projection },
    };
    return diffGenerations(parts.store, places, { waitMsMax: 0, pace: realPace, signal });
  });
  return 'equal' in diff ? { kind: 'compared', diff } : { kind: 'not_compared', why: diff };
}

export interface Activated extends Activation {
  readonly projection: string;
  readonly generation: number;
  readonly comparison: Comparison;
}

/**
 * Activates a replay that has caught up. Rows that differ from the live ones under the same definition are refused,
 * unless `despite` says to go on.
 * @throws UnexplainedDifference; NotActivatable; the driver's error
 */
export async function activateReplay(
  parts: ComparingParts,
  replay: Replay,
  despite: boolean,
  signal: AbortSignal,
): Promise<Activated> {
  if (replay.private) {
    throw new NotActivatable(`${replay.name ?? replay.replayId} is private: it can be queried, not activated`);
  }
  if (replay.status !== 'caught_up' && replay.status !== 'retired' && replay.status !== 'active') {
    throw new NotActivatable(`the replay is ${replay.status}: only one that has caught up can be activated`);
  }
  const comparison = await compareWithLive(parts, replay, signal);
  if (!despite) {
    if (comparison.kind === 'compared' && !comparison.diff.equal) throw new UnexplainedDifference(comparison.diff);
    // One that no projector keeps up is no measure: whatever is at or past its offsets may take its place.
    if (comparison.kind === 'not_compared' && comparison.why.why === 'moving') {
      throw new UnexplainedDifference(comparison.why);
    }
  }
  const { projection, generation } = replay;
  return { projection, generation, comparison, ...(await change(parts, replay, signal)) };
}

/**
 * Reads the generation before again.
 * @throws NotActivatable where there is none, it was not followed since, or this build does not project it
 */
export async function rollBack(
  parts: ComparingParts,
  projection: string,
  signal: AbortSignal,
): Promise<Activation & { readonly to: Generation }> {
  const to = await generationBefore(parts.pool, projection, parts.config.retiredFollowS);
  if (to === null) throw new NotActivatable(`no generation of ${projection} was replaced: there is none to go back to`);
  const what = `generation ${to.generation} of ${projection}`;
  if (!to.followed) {
    const text = `${what} was replaced more than ${parts.config.retiredFollowS} s ago and is not followed any more`;
    throw new NotActivatable(`${text}; build a new one: ledger replay start ${projection}`);
  }
  return { to, ...(await change(parts, to, signal)) };
}

async function change(parts: ComparingParts, to: Generation, signal: AbortSignal): Promise<Activation> {
  const { pool, config } = parts;
  await mustBeProjected(to);
  const live = (await activeGenerations(pool)).find(({ projection }) => projection === to.projection);
  const one = shipped.find(({ projection }) => projection.name === to.projection);
  const options = { shipped, waitMsMax: config.activationWaitMsMax, signal };
  if (live === undefined || one === undefined) return activate(pool, to.projection, to.generation, options);
  return withMirrored(parts, one.projection, { live, next: to }, async ({ untilAsFar, lacking }) => {
    await untilAsFar(signal);
    return activate(pool, to.projection, to.generation, { ...options, lacking });
  });
}

/** Nobody would keep its rows up. @throws NotActivatable where this build has another definition, or none */
async function mustBeProjected({ projection, generation, version, ...its }: Generation): Promise<void> {
  const one = shipped.find((known) => known.projection.name === projection);
  if (one !== undefined && (await definitionHash(one)) === its.definitionHash) return;
  const what = `generation ${generation} of ${projection} was built by another definition (version ${version})`;
  throw new NotActivatable(`${what}, which this build does not project; deploy the release that made it and ask that`);
}

function differingTables({ tables }: Diff): string {
  const texts = tables
    .filter(({ equal }) => !equal)
    .map(
      (table) => `${table.table} has ${table.only_here} rows more, ${table.only_live} fewer, ${table.different} others`,
    );
  return texts.join('; ');
}
