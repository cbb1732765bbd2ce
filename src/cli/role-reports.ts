// The roles of one process, and what /health says of them.
import type { RunningProjector } from '../../consumers/projector/options.ts';
import type { WriterRole } from '../../consumers/writer.ts';
import type { RunningClient } from '../log/client.ts';
import type { Config } from '../platform/config.ts';
import type { RoleReport } from './health.ts';
import type { LastErrors } from './last-errors.ts';
import type { RunningWorkers } from './workers.ts';

/** The roles of this process; null is one that it does not have. */
export interface Roles {
  readonly client: RunningClient | null;
  readonly writer: WriterRole | null;
  readonly projector: RunningProjector | null;
  readonly workers: RunningWorkers | null;
}

/** What each role of this process says of itself. */
export function reportRoles(
  config: Config,
  { client, writer, projector, workers }: Roles,
  lastErrors: Pick<LastErrors, 'of'>,
): { readonly [name: string]: RoleReport } {
  const all: { [name: string]: RoleReport } = {};
  if (client !== null) {
    const partitions = Array.from({ length: config.partitions }, (_, i) => i);
    all['api'] = { status: client.ready() ? 'ok' : 'waiting', partitions, last_error: lastErrors.of('api') };
  }
  if (writer !== null) {
    const status = writer.status();
    const has = (word: string): boolean => [...status.values()].some((one) => one.status === word);
    const word = has('stopped') ? 'stopped' : has('rebuilding') ? 'rebuilding' : 'ok';
    all['writer'] = { status: word, partitions: [...status.keys()], last_error: lastErrors.of('writer') };
  }
  if (projector !== null) {
    const { partitions: own, trouble, refused } = projector.status();
    const halted = refused.length > 0 || own.some(({ state }) => state === 'halted');
    const status = halted ? 'halted' : trouble === null ? 'ok' : 'waiting';
    const partitions = own.map(({ partition }) => partition);
    all['projector'] = { status, partitions, last_error: lastErrors.of('projector') };
  }
  if (workers !== null) all['workers'] = { ...workers.report(), last_error: lastErrors.of('workers') };
  return all;
}
