// CLI room: replays that a service was asked for and that nobody works on, because the process that did was ended: the
// service goes on with them.
import type { Pool } from 'pg';
import { runningForServices } from '../../../projections/replays.ts';
import type { Replay } from '../../../projections/replays.ts';
import type { Pace } from '../../log/port.ts';
import type { Logger } from '../../platform/logger.ts';
import { isStalled } from './render.ts';

export interface InterruptedOptions {
  readonly pool: Pool;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly pace: Pick<Pace, 'sleep'>;
  /** Works on one to its end; false where there is no room for it now. */
  readonly resume: (replay: Replay) => Promise<boolean>;
}

/** Between two looks, ms. */
const lookEveryMs = 5_000;
/** What ends a process again and again, such as too little memory, would for ever. */
const resumesMax = 3;

/** Goes on with interrupted ones, one after the other, until the signal aborts. Never rejects. */
export async function resumeInterrupted(options: InterruptedOptions, signal: AbortSignal): Promise<void> {
  const { pool, logger, pace, resume } = options;
  const times = new Map<string, number>();
  while (!signal.aborted) {
    try {
      const stalled = (await runningForServices(pool)).filter((replay) => isStalled(replay));
      for (const replay of stalled) {
        const { replayId } = replay;
        const before = times.get(replayId) ?? 0;
        if (before >= resumesMax || signal.aborted) continue;
        if (!(await resume(replay))) break;
        times.set(replayId, before + 1);
        logger.info({ replay_id: replayId }, 'an interrupted replay was gone on with');
      }
    } catch (err) {
      if (!signal.aborted) logger.warn({ err }, 'interrupted replays could not be looked for');
    }
    await pace.sleep(lookEveryMs, signal);
  }
}
