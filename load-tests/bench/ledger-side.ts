// The ledger that is measured: one of its own with servers of its own, made of the processes that `make up` starts, or
// one that runs already. Orders go in over HTTP; what else is asked is how far the projections are, and the audit.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Guard } from '../../stack/guarded.ts';
import { freePorts } from '../../stack/ports.ts';
import type { ProcessId } from '../../stack/processes.ts';
import { endProcess, processOf } from '../../stack/processes.ts';
import { run } from '../../stack/run.ts';
import { SERVER_NAMES } from '../../stack/server.ts';
import { startStack } from '../../stack/stack.ts';
import { keyFor, prepare, waitUntilReady } from '../../stack/up/service.ts';
import { LEDGER_STOP_MS_MAX, readSettings, root, serviceEnvironment } from '../../stack/up/settings.ts';
import { messageOf, waitFor } from '../../stack/wait.ts';
import type { Watched } from './memory.ts';
import { orderKinds, rowKinds } from './options.ts';
import type { Target } from './wrk.ts';

const answerMsMax = 30_000;
const auditMsMax = 15 * 60_000;
const lagEveryMs = 50;
const stock = 1_000_000_000_000;
const productsAtOnce = 20;
const program = join(root, 'bin', 'ledger');
/** On the disk of the checkout, as the data of `make up`; a folder for temporary files may be in memory. */
const dataDir = join(root, '.bench');

export interface LedgerSide {
  readonly target: Target;
  /** Variables that say where its servers are. */
  readonly env: NodeJS.ProcessEnv;
  /** Which processes it is made of; `ledger serve …` each. Empty where that is not known. */
  readonly processes: readonly string[];
  readonly watched: readonly Watched[];
  /** Makes the products that the rows order. @throws Error with the answer that was not 201 */
  createProducts(): Promise<void>;
  /** Waits until no projection is behind; answers ms, or null after `deadlineMs`. */
  catchUp(deadlineMs: number): Promise<number | null>;
  /** Reads the log; answers what the audit said. */
  audit(): Promise<{ readonly ok: boolean; readonly said: string }>;
  close(): Promise<void>;
}

/** Uses what runs. @throws Error when LEDGER_API_KEY is missing */
export function runningLedger(url: string, prefix: string): LedgerSide {
  const apiKey = process.env['LEDGER_API_KEY'] ?? '';
  if (apiKey === '') throw new Error('--against needs LEDGER_API_KEY in the environment');
  const side = sideOf({ url, apiKey, prefix }, process.env);
  return { ...side, processes: [], watched: [], close: async () => undefined };
}

/** Starts servers and the ledger; `signal` interrupts that. */
export async function startLedger(prefix: string, signal: AbortSignal): Promise<LedgerSide> {
  const ending = new AsyncDisposableStack();
  try {
    ending.defer(() => rm(dataDir, { recursive: true, force: true }));
    await rm(dataDir, { recursive: true, force: true });
    await mkdir(dataDir, { recursive: true });
    const stack = ending.adopt(await startStack({ dir: dataDir, signal }), (one) => one.stop());
    const env = serviceEnvironment(process.env, stack.env);
    await prepare(env);
    const guard = ending.adopt(new Guard(), (one) => one.dismiss());
    const started = await startProcesses(env, guard, ending);
    const [first] = started;
    if (first === undefined) throw new Error('LEDGER_STACK_ROLES names no process');
    await waitUntilReady(dataDir, first.url);
    const apiKey = await keyFor(first.url, undefined, env);
    const servers = SERVER_NAMES.map((name) => ({ name, pid: () => stack.pid(name) }));
    return {
      ...sideOf({ url: first.url, apiKey, prefix }, env, ['--at-rest']),
      processes: started.map(({ args }) => `ledger ${args.join(' ')}`),
      watched: [...started.map(({ name, id }) => ({ name, pid: () => id.pid })), ...servers],
      close: () => ending.disposeAsync(),
    };
  } catch (error) {
    await ending.disposeAsync();
    throw error;
  }
}

interface Started {
  readonly name: string;
  readonly args: readonly string[];
  readonly url: string;
  readonly id: ProcessId;
}

async function startProcesses(
  env: NodeJS.ProcessEnv,
  guard: Guard,
  ending: AsyncDisposableStack,
): Promise<readonly Started[]> {
  const { processes } = readSettings({ LEDGER_STACK_ROLES: process.env['LEDGER_STACK_ROLES'] });
  const ports = await freePorts(processes.length);
  const started: Started[] = [];
  for (const [index, { name, args }] of processes.entries()) {
    const port = String(ports[index]);
    const log = openSync(join(dataDir, `${name}.log`), 'a');
    const child = spawn(program, [...args], {
      env: { ...env, PORT: port, HOST: '127.0.0.1' },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    await once(child, 'spawn');
    const id = processOf(child.pid ?? 0);
    if (id === undefined) throw new Error(`${name} ended at once; see its log in ${dataDir}`);
    guard.tell({ kind: 'process', ...id, signal: 'SIGKILL' });
    ending.defer(async () => void (await endProcess(id, 'SIGTERM', LEDGER_STOP_MS_MAX)));
    started.push({ name, args, url: `http://127.0.0.1:${port}`, id });
  }
  return started;
}

type Asked = Pick<LedgerSide, 'target' | 'env' | 'createProducts' | 'catchUp' | 'audit'>;

/** A running ledger may be asked by others while it is audited, so that a command may wait for its outcome. */
function sideOf(target: Target, env: NodeJS.ProcessEnv, auditFlags: readonly string[] = []): Asked {
  return {
    target,
    env,
    createProducts: () => createProducts(target),
    catchUp: (deadlineMs) => catchUp(target, deadlineMs),
    audit: async () => {
      const asked = run(program, ['audit', ...auditFlags], { timeoutMs: auditMsMax, env });
      return asked.then(
        ({ stdout }) => ({ ok: true, said: stdout.trim() }),
        (error: unknown) => ({ ok: false, said: messageOf(error) }),
      );
    },
  };
}

async function createProducts({ url, apiKey, prefix }: Target): Promise<void> {
  const names = rowKinds.flatMap((kind) =>
    Array.from({ length: orderKinds[kind].products }, (_, index) => `${prefix}-${kind}-${index + 1}`),
  );
  const price = { amount: 1_999, currency: 'USD' };
  const create = async (product_id: string): Promise<void> => {
    const answer = await fetch(`${url}/v1/products`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ product_id, name: 'Bench', price, stock }),
      signal: AbortSignal.timeout(answerMsMax),
    });
    const text = await answer.text();
    if (answer.status !== 201) throw new Error(`POST /v1/products answered ${answer.status}: ${text}`);
  };
  for (let from = 0; from < names.length; from += productsAtOnce) {
    await Promise.all(names.slice(from, from + productsAtOnce).map(create));
  }
}

async function catchUp(target: Target, deadlineMs: number): Promise<number | null> {
  const started = performance.now();
  let behind = Number.NaN;
  const asking = async (): Promise<void> => {
    behind = await lagOf(target);
    if (behind > 0) throw new Error(`${behind} events behind`);
  };
  try {
    await waitFor('the end of the lag', asking, { deadlineMs, everyMs: lagEveryMs });
    return performance.now() - started;
  } catch (error) {
    // A number means that it answered all the time and was only too slow, which is a figure and no failure.
    if (behind > 0) return null;
    throw error;
  }
}

interface Health {
  readonly projections?: { readonly [name: string]: { readonly lag_events: number } };
}

/** Events that the projection furthest behind has not applied yet. */
async function lagOf({ url, apiKey }: Target): Promise<number> {
  const answer = await fetch(`${url}/health`, {
    headers: { authorization: `Bearer ${apiKey}` },
    signal: AbortSignal.timeout(answerMsMax),
  });
  const { projections = {} } = (await answer.json()) as Health;
  const lags = Object.values(projections).map(({ lag_events }) => lag_events);
  if (lags.length === 0) throw new Error(`GET /health (${answer.status}) names no projection`);
  return Math.max(...lags);
}
