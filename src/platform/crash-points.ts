// Places at which a test lets the process die as if by kill -9. Off unless CRASH_AT is set; then a pass costs one call
// of a function that does nothing.

/**
 * `decide`: commands were decided, nothing was appended. `append`: the broker acknowledged, the writer has not heard.
 * `submit`: a command was acknowledged, its request does not know. `answer`: the outcome was heard, the client was not
 * told. `relay`: messages to other partitions are in the log, the one that sent them does not know. `project`: rows and
 * checkpoint were committed, the projector does not know. `charge`: the payment gateway has done its part, the ledger
 * does not know.
 */
export const crashPoints = ['decide', 'append', 'relay', 'submit', 'answer', 'project', 'charge'] as const;
export type CrashPoint = (typeof crashPoints)[number];

/** Where to die: at the n-th pass of the point, counted from 1. */
export interface CrashAt {
  readonly point: CrashPoint;
  readonly nth: number;
}

/** To be called wherever a crash point is passed. */
export type PassCrashPoint = (point: CrashPoint) => void;

/** Makes the function for one process. `crash` must not return. */
export function createCrashPoints(
  at: CrashAt | null,
  crash: () => void = () => process.kill(process.pid, 'SIGKILL'),
): PassCrashPoint {
  if (at === null) return () => undefined;
  let left = at.nth;
  return (point) => {
    if (point !== at.point) return;
    left -= 1;
    if (left === 0) crash();
  };
}
