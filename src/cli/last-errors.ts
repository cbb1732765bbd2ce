// What went wrong last in each role of this process, for whoever asks how it is: the log has it all, this is the end of it.
import type { HealthReport } from '../http/room.ts';
import { messageOf } from './message.ts';
import type { RoleName } from './roles.ts';

type LastError = HealthReport['roles'][string]['last_error'];

export interface LastErrors {
  /** Something went wrong in a role, whether it is tried again or not. */
  note(role: RoleName, error: unknown): void;
  /** Null where nothing went wrong since the process started. */
  of(role: RoleName): LastError;
}

/** `now` is in ms since the epoch. */
export function createLastErrors(now: () => number): LastErrors {
  const last = new Map<RoleName, LastError>();
  return {
    note: (role, error) => {
      last.set(role, { at: new Date(now()).toISOString(), message: messageOf(error) });
    },
    of: (role) => last.get(role) ?? null,
  };
}
