// `make down`: ends what `make up` started, the ledger first, and keeps the data; with --clean removes it too.
// Only processes that the pid files name, and that are still the same processes, get a signal.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { foldersOf } from './folders.ts';
import { withLock } from './lock.ts';
import { readPidFile, removePidFile } from './pid-files.ts';
import { endProcess } from './processes.ts';
import type { ServerName } from './server.ts';
import { ENDINGS, SERVER_NAMES } from './server.ts';
import { composeDown } from './up/compose.ts';
import { LEDGER_STOP_MS_MAX, runDir } from './up/settings.ts';
import { stateIn } from './up/state.ts';
import { messageOf } from './wait.ts';

const LOCK_MS_MAX = 10 * 60_000;
/** The supervisor itself waits for the ledger's processes. */
const SUPERVISOR_STOP_MS_MAX = LEDGER_STOP_MS_MAX + 5_000;

function note(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function down(clean: boolean): Promise<void> {
  if (!existsSync(runDir)) {
    note('Nothing runs: there was no make up here, or make clean came after it.');
    return;
  }
  const waiting = ({ pid }: { pid: number }): void => note(`Waiting for make up (pid ${pid}) ...`);
  await withLock(join(runDir, 'up.lock'), LOCK_MS_MAX, waiting, async () => {
    const state = stateIn(runDir);
    const ledgers = state?.settings.processes.map(({ name }) => name) ?? ['ledger'];
    const ended =
      state?.provider === 'containers' ? await composeDown(state.settings, clean, note) : await endAll(ledgers);
    if (ended === 0) note('Nothing runs.');
    else note(clean ? 'All is down.' : 'All is down; the data is kept in .run/data.');
    if (!clean) return;
    const folders = foldersOf(runDir);
    for (const path of [...folders.elsewhere, runDir]) await rm(path, { recursive: true, force: true });
    note('The data is removed.');
  });
}

/** Clients before their servers; the registry before Kafka, in which it keeps its schemas. */
async function endAll(ledgers: readonly string[]): Promise<number> {
  let ended = await end('supervisor', 'SIGTERM', SUPERVISOR_STOP_MS_MAX);
  ended += await endTogether(ledgers, (name) => end(name, 'SIGTERM', LEDGER_STOP_MS_MAX));
  ended += await endServer('registry');
  return ended + (await endTogether(SERVER_NAMES, endServer));
}

async function endTogether<Name>(names: readonly Name[], one: (name: Name) => Promise<number>): Promise<number> {
  return (await Promise.all(names.map(one))).reduce((sum, count) => sum + count, 0);
}

function endServer(name: ServerName): Promise<number> {
  return end(name, ENDINGS[name].stop, ENDINGS[name].stopMsMax);
}

/** How many processes were ended: one or none. */
async function end(name: string, ask: NodeJS.Signals, graceMs: number): Promise<number> {
  const file = readPidFile(runDir, name);
  if (file.status === 'running') {
    const killed = await endProcess(file.id, ask, graceMs);
    note(
      `  ${name.padEnd(10)} ${killed ? `did not leave in ${graceMs / 1000} s and was killed` : 'ended'}, pid ${file.id.pid}`,
    );
  } else if (file.status === 'stale') {
    note(`  ${name.padEnd(10)} had ended already, pid ${file.pid}`);
  }
  removePidFile(runDir, name);
  return file.status === 'running' ? 1 : 0;
}

try {
  await down(process.argv.includes('--clean'));
} catch (error) {
  process.stderr.write(`make down: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
