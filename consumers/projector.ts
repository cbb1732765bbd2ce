// The projector: follows the journal and keeps the rows of every active generation up with it. Rows and checkpoint
// change together, so that a crash, a second projector or a batch delivered twice changes nothing.
import { activeGenerations, noteSpoiled } from '../projections/generations.ts';
import { followLiveViews } from '../projections/live-views.ts';
import { shipped } from '../projections/registry.ts';
import type { Follower } from '../src/log/port.ts';
import type { Applying } from './projector/apply.ts';
import type { Lane } from './projector/lane.ts';
import { createBell, holdBack, runLoop } from './projector/loop.ts';
import type { ProjectorOptions, RunningProjector } from './projector/options.ts';
import { createEpisode } from '../src/platform/episode.ts';
import { createStarts } from './projector/starts.ts';
import { createReport } from './projector/status.ts';
import { createTargets } from './projector/targets.ts';
import type { Target } from './projector/targets.ts';
import { watchGenerations } from './projector/watch.ts';

const followingTexts = {
  begins: 'following the journal goes on after an error',
  over: 'the journal is followed again',
};

/** Joins the group of projectors. Outages of Postgres are waited out, also at the start. @throws LogError */
export async function startProjector(options: ProjectorOptions): Promise<RunningProjector> {
  const { log, logger, pool, pace, config, passing, events } = options;
  const lanes = new Map<number, Lane>();
  const paused = new Set<number>();
  const stopping = new AbortController();
  const bell = createBell(pace);
  const report = createReport(logger, lanes);
  const { status, well, started, moved } = report;
  const trouble = (error: unknown): void => {
    events?.trouble(error);
    report.trouble(error);
  };
  const following = createEpisode(logger, followingTexts);
  const targets = createTargets(pool, config.retiredFollowS, options.mirrors);
  const spoil = createSpoil(options, trouble);
  const start = createStarts({ ...options, targets, lanes, wake: bell.ring, started, trouble, spoil });
  let joined: Follower | null = null;

  const follower = await log.follow({
    topic: options.journal,
    group: options.group,
    assignment: 'shared',
    start: async (partition, signal) => {
      const next = await start(partition, signal);
      if (paused.delete(partition)) joined?.resume(partition);
      return next;
    },
    deliver: (partition, records) => {
      lanes.get(partition)?.put(records);
      if (joined !== null) holdBack({ lanes, paused, follower: joined, config });
      bell.ring();
    },
    restMs: () => config.followRestMs,
    lost: (partition) => {
      lanes.get(partition)?.end();
      lanes.delete(partition);
      paused.delete(partition);
    },
    trouble: (error) => {
      events?.trouble(error);
      following.trouble(error);
    },
  });
  joined = follower;
  const restart = (lane: Lane): void => {
    lane.end();
    moved(lane.partition);
    follower.restart(lane.partition);
  };
  const applying: Applying = { pace, signal: stopping.signal, restart, trouble, spoil, well, passing, events };
  const running = runLoop({ follower, lanes, paused, bell, applying, config });
  const restartAll = (): void => {
    for (const lane of lanes.values()) {
      lane.end();
      follower.restart(lane.partition);
    }
  };
  const views = async () => followLiveViews(pool, shipped, await activeGenerations(pool));
  const watch = { targets, views, everyMs: config.generationsPollMs, pace, signal: stopping.signal, trouble };
  const watching = watchGenerations({ ...watch, restart: restartAll });
  return {
    status,
    stop: async () => {
      stopping.abort();
      bell.ring();
      await Promise.all([running, watching]);
      await follower.stop();
    },
  };
}

/** Gives a generation up that is not read, once: nobody's reads are worth less for it. */
function createSpoil(
  { pool, logger }: Pick<ProjectorOptions, 'pool' | 'logger'>,
  trouble: (error: unknown) => void,
): (target: Target, error: Error) => void {
  return (target, error) => {
    if (target.spoiled) return;
    target.spoiled = true;
    const generation = { projection: target.projection.name, generation: target.generation };
    logger.error({ err: error, ...generation }, 'a generation that is not read is given up');
    noteSpoiled(pool, generation, error.message).catch(trouble);
  };
}
