// Replays on behalf of the HTTP room. What reads the log or many rows is a process of its own, as the verb of the program
// that people would call, so that it takes neither memory nor time from requests and ends with the service.
import type { Pool } from 'pg';
import { startReplay, wholeJournal } from '../../consumers/replay/replay.ts';
import { CursorError } from '../../projections/views.ts';
import { isOffset, readCursor, writeCursor } from '../../projections/cursor.ts';
import { NotActivatable } from '../../projections/activation.ts';
import { definitionHash } from '../../projections/generations.ts';
import { shipped } from '../../projections/registry.ts';
import { NameTaken, countReplays, findReplay, listReplays } from '../../projections/replays.ts';
import type { Replay } from '../../projections/replays.ts';
import { createPostgresStore } from '../../projections/store.ts';
import type { Paging } from '../../projections/views.ts';
import { Problem } from '../http/problems.ts';
import type { ReplayOrder, Replays } from '../http/room.ts';
import type { Log } from '../log/port.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/logger.ts';
import { realPace } from '../platform/pace.ts';
import type { Said } from './child-verb.ts';
import { lastWords } from './child-verb.ts';
import { rollBack } from './replay/compare.ts';
import { dropReplay } from './replay/expire.ts';
import { resumeInterrupted } from './replay/interrupted.ts';
import { replayJson } from './replay/render.ts';
import { createRunner } from './replay/runner.ts';
import type { Slot } from './replay/runner.ts';
import { BadRequest, boundedRanges, requestOf } from './replay/request.ts';

export interface RunningReplays extends Replays {
  /** From now on goes on with replays that a service was asked for and that the end of a process interrupted. */
  resumeInterrupted(): void;
  /** Ends what is under way; it can be gone on with later. */
  stop(): Promise<void>;
}

export interface ReplaysOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly log: Log;
  /** Topic of the events. */
  readonly topic: string;
  readonly pool: Pool;
}

const list = 'replays';

export function createReplays(options: ReplaysOptions): RunningReplays {
  const { config, logger, pool } = options;
  const { reserve, stop, stopping } = createRunner(config);
  let resuming = Promise.resolve();

  async function mustFind(id: string): Promise<Replay> {
    const replay = await findReplay(pool, id);
    if (replay === null) throw new Problem('not_found');
    return replay;
  }

  return {
    start: async (order) => {
      const slot = reserve();
      try {
        const replay = await refusing(() => enter(options, order));
        void work(slot, replay, logger, stopping);
        return replayJson(replay);
      } catch (error) {
        slot.release();
        throw error;
      }
    },
    list: (paging) => refusing(() => page(pool, paging)),
    find: async (id) => replayJson(await mustFind(id)),
    diff: async (id, signal) => {
      const { replayId, status } = await mustFind(id);
      const isThere = status === 'caught_up' || status === 'retired' || status === 'active';
      if (!isThere) throw new Problem('replay_not_ready', { detail: `The replay is ${status}.` });
      return parse(await reserve().run(['replay', 'diff', replayId, '--json'], signal));
    },
    activate: async (id, despite, signal) => {
      const { replayId } = await mustFind(id);
      const flags = despite ? ['--despite-differences'] : [];
      const said = await reserve().run(['replay', 'activate', replayId, '--json', ...flags], signal);
      if (said.code !== 0) throw refusalOf(said);
      return { ...replayJson(await mustFind(replayId)), warning: warningOf(said) };
    },
    rollback: async (id, signal) => {
      const { projection, status, replayId } = await mustFind(id);
      if (status !== 'active') {
        throw new Problem('replay_not_ready', {
          detail: `The replay is ${status}: only what is read can be rolled back.`,
        });
      }
      const { warning } = await refusing(() => rollBack({ pool, config, logger }, projection, signal));
      return { ...replayJson(await mustFind(replayId)), warning };
    },
    drop: async (id) => {
      const replay = await mustFind(id);
      if (replay.status !== 'dropped') await refusing(() => dropReplay(pool, replay));
    },
    resumeInterrupted: () => {
      const resume = async (replay: Replay): Promise<boolean> => {
        const slot = roomOf(reserve);
        if (slot !== null) await work(slot, replay, logger, stopping);
        return slot !== null;
      };
      resuming = resumeInterrupted({ pool, logger, pace: realPace, resume }, stopping);
    },
    stop: async () => {
      await stop();
      await resuming;
    },
  };
}

/** Null where there is no room. */
function roomOf(reserve: () => Slot): Slot | null {
  try {
    return reserve();
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

/** Works on a replay that was entered; what stops it stands in the register. Never rejects. */
async function work(slot: Slot, { replayId, request }: Replay, logger: Logger, signal: AbortSignal): Promise<void> {
  try {
    const activate = request.service?.activate === true ? ['--activate'] : [];
    const said = await slot.run(['replay', 'resume', replayId, '--json', ...activate], signal);
    if (said.code !== 0) logger.warn({ replay_id: replayId, words: lastWords(said) }, 'a replay stopped');
  } catch (err) {
    if (!signal.aborted) logger.warn({ err, replay_id: replayId }, 'a replay was not run');
  }
}

async function enter({ config, log, topic, pool }: ReplaysOptions, order: ReplayOrder): Promise<Replay> {
  const one = shipped.find(({ projection }) => projection.name === order.projection);
  if (one === undefined) {
    throw new BadRequest('projection', `it is none of ${shipped.map(({ projection }) => projection.name).join(', ')}`);
  }
  const request = {
    ...requestOf(order, null, config.replayRate),
    service: { activate: order.activate },
  };
  const ranges = boundedRanges(await wholeJournal({ log, topic }), request.until);
  const { as, until, types, product, expires_in_s: expires } = order;
  const isPrivate = [as, until, types, product].some((asked) => asked !== undefined);
  if (!isPrivate && expires !== undefined)
    throw new BadRequest('expires_in_s', 'only a private replay expires: give `as`');
  return startReplay(
    { pool, store: createPostgresStore(pool) },
    {
      projection: one.projection,
      definitionHash: await definitionHash(one),
      name: isPrivate ? (as ?? `${one.projection.name}-${Date.now().toString(36)}`) : null,
      private: isPrivate,
      request,
      ranges,
      expiresAt: expires === undefined ? null : new Date(Date.now() + expires * 1_000),
    },
  );
}

async function page(pool: Pool, paging: Paging): ReturnType<Replays['list']> {
  if (paging.kind === 'page') {
    const rows = await listReplays(pool, paging.perPage, { skip: (paging.page - 1) * paging.perPage });
    return { rows: rows.map(replayJson), next: null, total: await countReplays(pool) };
  }
  const [below] = paging.after === null ? [] : readCursor(list, [isOffset], paging.after);
  const rows = await listReplays(pool, paging.limit + 1, typeof below === 'number' ? { below } : {});
  const shown = rows.slice(0, paging.limit);
  const last = shown.at(-1);
  const next = rows.length > shown.length && last !== undefined ? writeCursor(list, [last.lockId]) : null;
  return { rows: shown.map(replayJson), next, total: null };
}

/** What of the rooms below is the caller's to hear. @throws Problem; everything else as it came */
async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BadRequest) {
      const errors = [{ detail: error.message, pointer: `#/${error.field}` }];
      throw new Problem('validation_failed', { detail: `${error.field}: ${error.message}.`, errors });
    }
    if (error instanceof NameTaken) throw new Problem('already_exists', { detail: `${error.message}.` });
    if (error instanceof NotActivatable) throw new Problem('replay_not_ready', { detail: `${error.message}.` });
    if (error instanceof CursorError) throw new Problem('cursor_invalid');
    throw error;
  }
}

function refusalOf(ended: Said): Problem {
  const { report } = ended;
  const words = lastWords(ended);
  if (report.trim() === '') return new Problem('replay_not_ready', { detail: words.replace(/^ledger: /, '') });
  const said: unknown = JSON.parse(report);
  const refused = typeof said === 'object' && said !== null && 'refused' in said ? String(said.refused) : words;
  return new Problem('replay_differs', { detail: `${refused}.` });
}

/** What an activation says that follows later. */
function warningOf({ report }: Said): string | null {
  const said: unknown = JSON.parse(report);
  return typeof said === 'object' && said !== null && 'warning' in said && typeof said.warning === 'string'
    ? said.warning
    : null;
}

function parse(ended: Said): object {
  const { report } = ended;
  const parsed: unknown = report.trim() === '' ? null : JSON.parse(report);
  if (typeof parsed === 'object' && parsed !== null) return parsed;
  throw new Problem('dependency_down', { detail: `There is no comparison: ${lastWords(ended)}` });
}
