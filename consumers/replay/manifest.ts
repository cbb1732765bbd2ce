// The manifest of a replay: all that is needed to run it again and to tell whether the same came out.
import { sumOfAll } from '../../projections/dump.ts';
import type { TableSums } from '../../projections/dump.ts';
import type { ReplayRange, ReplayRequest } from '../../projections/replays.ts';
import type { Tally } from './tally.ts';

export const manifestFormat = 1;

export interface Manifest {
  readonly format: number;
  readonly ledger_id: string | null;
  readonly projection: string;
  readonly version: number;
  /** SHA-256 of the projection's name, version, tables and code. */
  readonly definition_hash: string;
  /** File of a projection that is none of the shipped ones. */
  readonly file: string | null;
  readonly selection: {
    readonly until: string | null;
    readonly types: readonly string[] | null;
    readonly product: string | null;
  };
  /** Journal offsets `[from, to)`. */
  readonly partitions: readonly ReplayRange[];
  /** Counted events in that range, all of them and by type. */
  readonly events: number;
  readonly counts: { readonly [type: string]: number };
  /** Records in that range that count for nothing. */
  readonly voids: number;
  /** Ids of the schemas that they were written with, by type. */
  readonly schemas: { readonly [type: string]: readonly number[] };
  readonly tables: TableSums;
  /** Of all tables together. */
  readonly sha256: string;
  readonly made_at: string;
}

export interface ManifestFacts {
  readonly projection: string;
  readonly version: number;
  readonly definitionHash: string;
  readonly request: Pick<ReplayRequest, 'file' | 'until' | 'types' | 'product'>;
  readonly ranges: readonly ReplayRange[];
  readonly tally: Tally;
  readonly tables: TableSums;
  readonly now: Date;
}

export function manifestOf({ request, tally, tables, now, ...facts }: ManifestFacts): Manifest {
  const { file, until, types, product } = request;
  return {
    format: manifestFormat,
    ledger_id: tally.ledgerId,
    projection: facts.projection,
    version: facts.version,
    definition_hash: facts.definitionHash,
    file,
    selection: { until, types, product },
    partitions: facts.ranges,
    events: tally.events(),
    counts: tally.counts(),
    voids: tally.voids,
    schemas: tally.schemas(),
    tables,
    sha256: sumOfAll(tables),
    made_at: now.toISOString(),
  };
}

/** What two manifests state differently, in words; nothing where the second repeats the first. */
export function differencesOf(first: Manifest, second: Manifest): readonly string[] {
  const compared = ['ledger_id', 'projection', 'version', 'definition_hash', 'events', 'voids'] as const;
  const plain = compared
    .filter((name) => first[name] !== second[name])
    .map((name) => said(name, first[name], second[name]));
  const counts = membersOf('counts', first.counts, second.counts);
  const tables = [...new Set([...Object.keys(first.tables), ...Object.keys(second.tables)])].sort().flatMap((table) => {
    const [was, is] = [first.tables[table], second.tables[table]];
    if (was?.sha256 === is?.sha256 && was?.rows === is?.rows) return [];
    return [said(`table ${table}`, sumText(was), sumText(is))];
  });
  return [...plain, ...counts, ...tables];
}

function sumText(sum: { readonly rows: number; readonly sha256: string } | undefined): string {
  return sum === undefined ? 'absent' : `${sum.rows} rows ${sum.sha256.slice(0, 16)}…`;
}

function membersOf(what: string, first: Members, second: Members): readonly string[] {
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])].sort();
  return names
    .filter((name) => first[name] !== second[name])
    .map((name) => said(`${what} of ${name}`, first[name] ?? 0, second[name] ?? 0));
}

type Members = { readonly [name: string]: number };

function said(what: string, was: unknown, is: unknown): string {
  return `${what}: ${String(was)} in the manifest, ${String(is)} now`;
}
