// The roles of one process, and what /health says of them.
import type { RunningProjector } from '../../consumers/projector/options.ts';
import type { WriterRole } from '../../consumers/writer.ts';
import type { RunningClient } from '../log/client.ts';
import type { Config } from '../platform/config.ts';
import type { RoleReport } from './health.ts';
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
): { readonly [name: string]: RoleReport } {
  const all: { [name: string]: RoleReport } = {};
  if (client !== null) {
    const partitions = Array.from({ length: config.partitions }, (_, i) => i);
    all['api'] = { status: client.ready() ? 'ok' : 'waiting', partitions };
  }
  if (writer !== null) {
    const status = writer.status();
    const has = (word: string): boolean => [...status.values()].some((one) => one.status === word);
    const word = has('stopped') ? 'stopped' : has('rebuilding') ? 'rebuilding' : 'ok';
    all['writer'] = { status: word, partitions: [...status.keys()] };
  }
  if (projector !== null) {
    const { partitions: own, trouble, refused } = projector.status();
    const halted = refused.length > 0 || own.some(({ state }) => state === 'halted');
    const status = halted ? 'halted' : trouble === null ? 'ok' : 'waiting';
    all['projector'] = { status, partitions: own.map(({ partition }) => partition) };
  }
  if (workers !== null) all['workers'] = workers.report();
  return all;
}
