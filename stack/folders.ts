// Where a stack keeps what: `<name>.log` and `<name>.pid` in its folder, data below `data`.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Passwords, ServerName } from './server.ts';

const OTHERS_MAY_PASS = 0o001;

export interface Folders {
  readonly dir: string;
  log(name: string): string;
  data(server: ServerName): string;
  /** Folders outside `dir` that hold data of this stack. */
  readonly elsewhere: readonly string[];
}

/** Makes the folders, so that Postgres' own user may pass through ours; what is in them stays hidden. */
export async function makeFolders(dir: string): Promise<Folders> {
  for (const folder of [resolve(dir), join(resolve(dir), 'data')]) await makePassable(folder);
  const folders = foldersOf(dir);
  for (const folder of folders.elsewhere) {
    await makePassable(dirname(folder));
    await makePassable(folder);
  }
  return folders;
}

export function foldersOf(dir: string): Folders {
  const whole = resolve(dir);
  const elsewhere = elsewhereFor(whole);
  return {
    dir: whole,
    log: (name) => join(whole, `${name}.log`),
    data: (server) => join(server === 'postgres' && elsewhere !== undefined ? elsewhere : join(whole, 'data'), server),
    elsewhere: elsewhere === undefined ? [] : [elsewhere],
  };
}

/** Root's Postgres runs as somebody else, who cannot reach a folder below one that is closed to others. */
function elsewhereFor(dir: string): string | undefined {
  if (isPassable(dir)) return undefined;
  return join('/var/lib/order-ledger', createHash('sha256').update(dir).digest('hex').slice(0, 12));
}

/** Whether the user as whom Postgres runs can reach a folder; a missing one counts as open. */
export function isPassable(folder: string): boolean {
  if (process.getuid?.() !== 0) return true;
  const found = statSync(folder, { throwIfNoEntry: false });
  const open = found === undefined || (found.mode & OTHERS_MAY_PASS) !== 0;
  return open && (dirname(folder) === folder || isPassable(dirname(folder)));
}

/** Whatever the caller's umask says. Only root needs it: everybody else's Postgres runs as themselves. */
export async function makePassable(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { mode } = await stat(folder);
  if (process.getuid?.() === 0) await chmod(folder, mode | OTHERS_MAY_PASS);
}

/** The passwords of this stack's Postgres and the gateway's secret, made at the first start. */
export async function passwordsIn(folders: Folders): Promise<Passwords> {
  const file = join(folders.dir, 'data', 'postgres-passwords.json');
  if (!existsSync(file)) {
    const made = { postgres: fresh(), ledger: fresh(), ledger_readonly: fresh(), gateway: fresh() } satisfies Passwords;
    await writeFile(file, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  }
  const known: unknown = JSON.parse(readFileSync(file, 'utf8'));
  // A folder of before there was a gateway.
  if (typeof known === 'object' && known !== null && !('gateway' in known)) {
    Object.assign(known, { gateway: fresh() });
    await writeFile(file, `${JSON.stringify(known, null, 2)}\n`, { mode: 0o600 });
  }
  return {
    postgres: textIn(known, 'postgres', file),
    ledger: textIn(known, 'ledger', file),
    ledger_readonly: textIn(known, 'ledger_readonly', file),
    gateway: textIn(known, 'gateway', file),
  };
}

function fresh(): string {
  return randomBytes(18).toString('base64url');
}

function textIn(value: unknown, name: string, file: string): string {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  if (typeof found !== 'string') throw new Error(`${file} holds no ${name}`);
  return found;
}
