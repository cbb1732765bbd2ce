// CLI room: replays, plans and differences, for people and as JSON. The same JSON is answered over HTTP.
import type { Replay } from '../../../projections/replays.ts';
import { table } from '../table.ts';

/** A process that was just started for a replay has that long to take it up, ms. */
const takeUpMsMax = 5_000;

/** Whether nobody works on a replay although it is not done: it was interrupted. `now` is in ms since the epoch. */
export function isStalled({ status, worked, updatedAt }: Replay, now: number = Date.now()): boolean {
  return status === 'running' && !worked && now - updatedAt.getTime() > takeUpMsMax;
}

/** A replay as `ledger replay --json` and GET /v1/replays/{id} show it at a moment, ms since the epoch. */
export function replayJson(replay: Replay, now: number = Date.now()): ReplayJson {
  const { request, ranges, checkpoints, status, worked } = replay;
  const partitions = ranges.map(({ partition, to }) => ({ partition, offset: checkpoints[partition] ?? 0, end: to }));
  const left = partitions.reduce((sum, { offset, end }) => sum + Math.max(0, end - offset), 0);
  const isRunning = status === 'running';
  const perS = replay.eventsPerS;
  const etaS = isRunning && worked && perS !== null && perS > 0 ? Math.ceil(left / perS) : null;
  return {
    replay_id: replay.replayId,
    projection: replay.projection,
    generation: replay.generation,
    schema: replay.schema,
    name: replay.name,
    private: replay.private,
    status,
    stalled: isStalled(replay, now),
    until: request.until,
    types: request.types,
    product: request.product,
    rate: request.rate,
    partitions,
    events: replay.events,
    events_per_s: perS,
    eta_s: isRunning ? etaS : null,
    error: replay.error,
    started_at: replay.startedAt.toISOString(),
    finished_at: replay.finishedAt?.toISOString() ?? null,
    expires_at: replay.expiresAt?.toISOString() ?? null,
    manifest: replay.manifest,
  };
}

export interface ReplayJson {
  readonly replay_id: string;
  readonly projection: string;
  readonly generation: number;
  readonly schema: string;
  readonly name: string | null;
  readonly private: boolean;
  readonly status: Replay['status'];
  readonly stalled: boolean;
  readonly until: string | null;
  readonly types: readonly string[] | null;
  readonly product: string | null;
  readonly rate: number;
  readonly partitions: readonly { readonly partition: number; readonly offset: number; readonly end: number }[];
  readonly events: number;
  readonly events_per_s: number | null;
  readonly eta_s: number | null;
  readonly error: string | null;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly expires_at: string | null;
  readonly manifest: object | null;
}

/** One line a replay. */
export function renderReplays(replays: readonly ReplayJson[]): readonly string[] {
  if (replays.length === 0) return ['There are no replays.'];
  const head = ['ID', 'PROJECTION', 'GENERATION', 'SCHEMA', 'STATUS', 'EVENTS', 'PROGRESS'];
  return table([head, ...replays.map(rowOf)]);
}

function rowOf(replay: ReplayJson): readonly string[] {
  const { partitions, error } = replay;
  const done = partitions.reduce((sum, { offset, end }) => sum + Math.min(offset, end), 0);
  const all = partitions.reduce((sum, { end }) => sum + end, 0);
  const percent = all === 0 ? 100 : Math.floor((done / all) * 100);
  const eta = replay.eta_s === null ? '' : `, ${replay.eta_s} s left`;
  const stalled = replay.stalled ? `, interrupted: ledger replay resume ${replay.replay_id}` : '';
  const trouble = error === null ? '' : `, ${error}`;
  return [
    replay.replay_id,
    replay.projection,
    String(replay.generation),
    replay.schema,
    replay.status,
    String(replay.events),
    `${percent} %${eta}${stalled}${trouble}`,
  ];
}
