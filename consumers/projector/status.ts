// What the projector says about itself, for health and logs.
import type { Lane } from './lane.ts';
import { asError } from './options.ts';
import type { PartitionStatus, ProjectorOptions, ProjectorStatus } from './options.ts';

export interface Report {
  readonly status: () => ProjectorStatus;
  /** Something went wrong that is being tried again. */
  readonly trouble: (error: unknown) => void;
  /** It went well again. */
  readonly well: () => void;
  /** Somebody else moved the checkpoint of a partition. */
  readonly moved: (partition: number) => void;
  /** A partition started; these generations were left out. */
  readonly started: (refused: readonly string[]) => void;
}

export function createReport(logger: ProjectorOptions['logger'], lanes: ReadonlyMap<number, Lane>): Report {
  let trouble: ProjectorStatus['trouble'] = null;
  let refused: readonly string[] = [];

  function well(): void {
    if (trouble !== null) logger.info({ times: trouble.times }, 'the projector goes on');
    trouble = null;
  }

  return {
    well,
    trouble(error) {
      const { message } = asError(error);
      // Said when it begins, not with every try.
      if (trouble?.message !== message) logger.warn({ err: error }, 'the projector tries again');
      trouble = { message, times: (trouble?.times ?? 0) + 1 };
    },
    moved(partition) {
      logger.info({ partition }, 'another projector moved the checkpoint; the partition starts again from there');
    },
    started(now) {
      for (const why of now) if (!refused.includes(why)) logger.error({ why }, 'a generation is not projected');
      refused = now;
      well();
    },
    status: () => ({ partitions: [...lanes.values()].map(statusOf), trouble, refused }),
  };
}

function statusOf(lane: Lane): PartitionStatus {
  const { partition, marks } = lane;
  const error = lane.error()?.message ?? null;
  const read = marks.filter(({ target }) => target.active);
  const next = Object.fromEntries(read.map((mark) => [mark.target.projection.name, mark.next]));
  const state = error === null ? 'running' : 'halted';
  return { partition, state, next, queued: lane.queued(), voids: lane.voids(), error };
}
