// What the bench is asked to do: its rows, and the command line's options.
import { parseArgs } from 'node:util';

export const sides = ['ledger', 'postgres'] as const;
export type Side = (typeof sides)[number];

export const rowKinds = ['hot', 'many', 'three', 'whole'] as const;
export type RowKind = (typeof rowKinds)[number];

/** What the orders of a kind ask for; each line is another product, of `products` that are ordered evenly. */
export interface OrderKind {
  readonly products: number;
  readonly lines: number;
  readonly payment: 'manual' | 'automatic';
  /** The baseline has no payments. */
  readonly sides: readonly Side[];
}

/** `three` lie in up to three partitions; `whole` are measured until they are paid. */
export const orderKinds: { readonly [kind in RowKind]: OrderKind } = {
  hot: { products: 1, lines: 1, payment: 'manual', sides },
  many: { products: 1_000, lines: 1, payment: 'manual', sides },
  three: { products: 1_000, lines: 3, payment: 'manual', sides },
  whole: { products: 1_000, lines: 1, payment: 'automatic', sides: ['ledger'] },
};

/** One row of the table: what is ordered, and over how many connections at once. */
export interface Row {
  readonly kind: RowKind;
  readonly connections: number;
}

export interface BenchOptions {
  readonly rows: readonly Row[];
  readonly rounds: number;
  /** Of each measurement. */
  readonly seconds: number;
  /** Of a measurement from order to payment. */
  readonly wholeSeconds: number;
  /** Before each measurement, not counted. */
  readonly warmUpSeconds: number;
  /** Connections of the baseline to Postgres; of several the best for each kind of product is measured first. */
  readonly pools: readonly number[];
  /** URL of a running ledger; undefined: one of its own is started. */
  readonly against: string | undefined;
  readonly sides: readonly Side[];
  /** Whether the log is audited at the end. */
  readonly audit: boolean;
}

export const usage = `node load-tests/bench/run.ts [options]
  --rows hot:1,hot:50,many:200   rows to measure: hot is one product, many are 1,000, three are orders of three lines,
                                 whole are orders until they are paid; then the connections
  --rounds 3                     medians are taken over so many rounds
  --seconds 8  --warm-up 2       of each measurement, and before it
  --whole-seconds 60             of a measurement of whole
  --pools 4,8,16,32              pool sizes of the baseline; the best of several is found first
  --only ledger                  or postgres: the other side is left out
  --against <url>                a running ledger instead of one of its own; takes LEDGER_API_KEY, KAFKA_BROKERS and
                                 DATABASE_URL from the environment
  --no-audit                     do not read the log at the end`;

const defaults = {
  rows: 'hot:1,hot:50,hot:200,many:1,many:50,many:200,three:1,three:50,whole:50',
  rounds: '3',
  seconds: '8',
  'warm-up': '2',
  'whole-seconds': '60',
  pools: '4,8,16,32',
} as const;

/** @throws Error saying which option is wrong */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string', default: defaults.rows },
      rounds: { type: 'string', default: defaults.rounds },
      seconds: { type: 'string', default: defaults.seconds },
      'warm-up': { type: 'string', default: defaults['warm-up'] },
      'whole-seconds': { type: 'string', default: defaults['whole-seconds'] },
      pools: { type: 'string', default: defaults.pools },
      only: { type: 'string' },
      against: { type: 'string' },
      'no-audit': { type: 'boolean', default: false },
    },
  });
  return {
    rows: values.rows.split(',').map(rowOf),
    rounds: whole('--rounds', values.rounds, 1),
    seconds: whole('--seconds', values.seconds, 1),
    wholeSeconds: whole('--whole-seconds', values['whole-seconds'], 1),
    warmUpSeconds: whole('--warm-up', values['warm-up'], 1),
    pools: values.pools.split(',').map((size) => whole('--pools', size, 1)),
    against: values.against === undefined ? undefined : loopback(values.against),
    sides: values.only === undefined ? sides : [sideOf(values.only)],
    audit: !values['no-audit'],
  };
}

export function nameOf({ kind, connections }: Row): string {
  return `${kind}:${connections}`;
}

function rowOf(text: string): Row {
  const [name, connections = ''] = text.trim().split(':');
  const kind = rowKinds.find((one) => one === name);
  if (kind === undefined) throw new Error(`--rows: ${text} is none; hot:50 or many:50 is one`);
  return { kind, connections: whole('--rows', connections, 1) };
}

/** Load is for this machine only: whoever else is asked may not have agreed. */
function loopback(text: string): string {
  const { hostname, origin } = new URL(text);
  if (!/^(127(\.\d{1,3}){3}|localhost|\[::1\])$/.test(hostname))
    throw new Error(`--against: ${hostname} is not this machine`);
  return origin;
}

function sideOf(text: string): Side {
  const side = sides.find((one) => one === text);
  if (side === undefined) throw new Error(`--only must be ${sides.join(' or ')}, not ${text}`);
  return side;
}

function whole(option: string, text: string, min: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new Error(`${option} must be whole and at least ${min}, not ${text}`);
}
