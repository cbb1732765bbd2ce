// How the state of a ledger is shown to people: processes, partitions, and what is not as it should be.
import { table } from '../table.ts';
import { roleNames } from '../roles.ts';
import type { StatusReport } from './status.ts';

/** Characters of a process's name: enough to tell processes apart. */
const nameMax = 15;

export function renderStatus({ at, processes, partitions, service, trouble }: StatusReport): readonly string[] {
  const projections = [...new Set(partitions.flatMap(({ lag }) => Object.keys(lag)))].sort();
  const processRows = processes.map(({ client_id, host, roles }) => [
    shortName(client_id),
    host,
    ...roleNames.map((role) => rangesOf(roles[role])),
  ]);
  const partitionRows = partitions.map((one) => [
    String(one.partition),
    shortName(one.writer),
    String(one.commands),
    one.undecided === null ? '?' : String(one.undecided),
    one.commands_per_s.toFixed(1),
    String(one.events),
    one.events_per_s.toFixed(1),
    ...projections.map((name) => (one.lag[name] === undefined ? '?' : String(one.lag[name]))),
  ]);
  const head = ['partition', 'writer', 'commands', 'undecided', 'per s', 'events', 'per s'];
  const lags = projections.map((name) => `behind: ${name}`);
  return [
    at,
    '',
    ...table([['process', 'host', ...roleNames], ...processRows]),
    '',
    ...table([[...head, ...lags], ...partitionRows]),
    ...(service === null
      ? []
      : ['', `${service.url} says: ${service.status}${words(service)}`, ...lastErrors(service)]),
    ...(trouble.length === 0 ? [] : ['', ...trouble.map((one) => `! ${one}`)]),
  ];
}

function words({ services, roles }: NonNullable<StatusReport['service']>): string {
  const all = Object.entries({ ...services, ...roles }).map(([name, word]) => `${name} ${word}`);
  return all.length === 0 ? '' : ` (${all.join(', ')})`;
}

function lastErrors({ last_errors }: NonNullable<StatusReport['service']>): readonly string[] {
  return Object.entries(last_errors).map(([role, { at, message }]) => `  last error of ${role}, ${at}: ${message}`);
}

function shortName(clientId: string | null): string {
  return clientId === null ? '-' : clientId.slice(0, nameMax);
}

/** `0-3,5` for 0, 1, 2, 3 and 5. */
export function rangesOf(partitions: readonly number[] | undefined): string {
  if (partitions === undefined) return '-';
  if (partitions.length === 0) return 'none';
  const ranges: [number, number][] = [];
  for (const one of partitions.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.[1] === one - 1) last[1] = one;
    else ranges.push([one, one]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}
