// Platform room: one line in the log when something begins to go wrong and one when it is over, however often it goes
// wrong in between.
import type { Logger } from './logger.ts';

export interface Episode {
  /** Something went wrong; `facts` go into the line that says that it begins. */
  trouble(err: unknown, facts?: object): void;
}

export interface EpisodeTexts {
  readonly begins: string;
  readonly over: string;
}

/** An episode is over when nothing went wrong for this long, ms. */
const wellAfterMs = 10_000;

export function createEpisode(logger: Pick<Logger, 'warn' | 'info'>, { begins, over }: EpisodeTexts): Episode {
  let times = 0;
  let since = 0;
  let last = 0;
  let end: NodeJS.Timeout | null = null;

  function finish(): void {
    logger.info({ times, ms: Math.round(last - since) }, over);
    end = null;
  }

  return {
    trouble: (err, facts = {}) => {
      last = performance.now();
      times += 1;
      if (end !== null) {
        end.refresh();
        return;
      }
      times = 1;
      since = last;
      logger.warn({ err, ...facts }, begins);
      // No process stays for this line.
      end = setTimeout(finish, wellAfterMs).unref();
    },
  };
}
