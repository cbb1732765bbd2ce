// CLI room: the verbs that a service runs as processes of their own for replays, so many at a time and no more.
import { Problem } from '../../http/problems.ts';
import type { Config } from '../../platform/config.ts';
import { runVerb } from '../child-verb.ts';
import type { Said } from '../child-verb.ts';

/** Room for one verb, until it has ended or the room is given back. */
export interface Slot {
  run(args: readonly string[], signal: AbortSignal): Promise<Said>;
  /** Gives the room back where nothing was run; safe to repeat. */
  release(): void;
}

export interface Runner {
  /** Aborted when the service ends. */
  readonly stopping: AbortSignal;
  /** @throws Problem `overloaded` where others are under way */
  reserve(): Slot;
  /** Ends what is under way. */
  stop(): Promise<void>;
}

/** `verb` is for tests. */
export function createRunner(
  { replaysMax, replayHeapMbMax }: Pick<Config, 'replaysMax' | 'replayHeapMbMax'>,
  verb: typeof runVerb = runVerb,
): Runner {
  const ending = new AbortController();
  const slots = new Set<Slot>();
  const running = new Set<Promise<unknown>>();

  function reserve(): Slot {
    if (slots.size >= replaysMax) throw new Problem('overloaded', { detail: 'Other replays are under way.' });
    const slot: Slot = {
      release: () => void slots.delete(slot),
      run: async (args, signal) => {
        const over = AbortSignal.any([signal, ending.signal]);
        const said = verb(args, over, [`--max-old-space-size=${replayHeapMbMax}`]);
        running.add(said);
        try {
          return await said;
        } finally {
          running.delete(said);
          slot.release();
        }
      },
    };
    slots.add(slot);
    return slot;
  }

  return {
    stopping: ending.signal,
    reserve,
    stop: async (): Promise<void> => {
      ending.abort(new Error('the service ends'));
      await Promise.allSettled(running);
    },
  };
}
