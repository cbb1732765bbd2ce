// One measurement with wrk: orders for some seconds over so many connections, answers counted by status.
import { fileURLToPath } from 'node:url';
import { plainEnvironment, run } from '../../stack/run.ts';
import { messageOf } from '../../stack/wait.ts';
import type { RowKind } from './options.ts';
import { orderKinds } from './options.ts';

const script = fileURLToPath(new URL('./orders.lua', import.meta.url));
const answerSecondsMax = 30;
const graceMs = 60_000;
const threadsMax = 2;

/** Where orders go. */
export interface Target {
  readonly url: string;
  readonly apiKey: string;
  /** Of product `<prefix>-<kind>-<number>`, counted from 1. */
  readonly prefix: string;
}

export interface Measured {
  /** Answers 201 a second. */
  readonly ordersPerS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly orders: number;
  /** Answers that were no order, by status; and what got no answer. */
  readonly others: { readonly [status: string]: number };
}

/** The line that orders.lua prints. */
interface Line {
  readonly us: number;
  readonly p50_us: number;
  readonly p99_us: number;
  readonly max_us: number;
  readonly broken: number;
  readonly statuses: { readonly [status: string]: number };
}

/** @throws Error naming wrk and where to get it when it is missing */
export async function requireWrk(): Promise<void> {
  // It prints its version and answers 1.
  const missing = await run('wrk', ['--version'], { timeoutMs: graceMs }).then(
    () => false,
    (error: unknown) => /ENOENT/.test(messageOf(error)),
  );
  if (missing) throw new Error('wrk is missing: apt-get install wrk, brew install wrk, or github.com/wg/wrk');
}

let runs = 0;

export async function order(
  { url, apiKey, prefix }: Target,
  kind: RowKind,
  connections: number,
  seconds: number,
): Promise<Measured> {
  runs += 1;
  const { products, lines, payment } = orderKinds[kind];
  const threads = Math.min(threadsMax, connections);
  const limits = ['--duration', `${seconds}s`, '--timeout', `${answerSecondsMax}s`];
  const load = ['--threads', String(threads), '--connections', String(connections), ...limits];
  const { stdout } = await run('wrk', [...load, '--script', script, `${url}/v1/orders`], {
    timeoutMs: (seconds + answerSecondsMax) * 1_000 + graceMs,
    env: {
      ...plainEnvironment(),
      BENCH_API_KEY: apiKey,
      BENCH_RUN: `${prefix}-${runs}`,
      BENCH_PRODUCT: `${prefix}-${kind}`,
      BENCH_PRODUCTS: String(products),
      BENCH_LINES: String(lines),
      BENCH_PAYMENT: payment,
    },
  });
  const text = /^BENCH (.*)$/m.exec(stdout)?.[1];
  if (text === undefined) throw new Error(`wrk did not say what it measured:\n${stdout}`);
  // Only orders.lua writes this line.
  return measured(JSON.parse(text) as Line);
}

function measured({ us, p50_us, p99_us, max_us, broken, statuses }: Line): Measured {
  const { 201: orders = 0, ...rest } = statuses;
  const others = broken === 0 ? rest : { ...rest, 'no answer': broken };
  const ms = (micros: number): number => micros / 1_000;
  return { ordersPerS: orders / (us / 1e6), p50Ms: ms(p50_us), p99Ms: ms(p99_us), maxMs: ms(max_us), orders, others };
}
