// The servers' programs: fetched once per user and per content of pom.xml, unpacked into a cache folder that all
// checkouts share. A folder appears there whole or not at all.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isPassable, makePassable } from './folders.ts';
import { withLock } from './lock.ts';
import { run } from './run.ts';
import { findTools } from './tools.ts';

export interface ServersHome {
  readonly dir: string;
  readonly java: string;
  /** Changes with the JVM, so that archives of its classes are not mixed up. */
  readonly javaHash: string;
  readonly kafkaClassPath: string;
  readonly registryJar: string;
  readonly postgresBin: string;
  readonly redisServer: string;
}

const FETCH_MS_MAX = 15 * 60_000;
const UNPACK_MS_MAX = 5 * 60_000;
const pom = fileURLToPath(new URL('./pom.xml', import.meta.url));

/** Platform as the artifacts of Postgres and the files of Redis name it. */
const PLATFORMS: Readonly<Record<string, { postgres: string; redis: string }>> = {
  'linux-x64': { postgres: 'linux-amd64', redis: 'linux-amd64' },
  'linux-arm64': { postgres: 'linux-arm64v8', redis: 'linux-arm64' },
  'darwin-x64': { postgres: 'darwin-amd64', redis: 'darwin-amd64' },
  'darwin-arm64': { postgres: 'darwin-arm64v8', redis: 'darwin-arm64' },
};

/** Where the servers are, fetching them first where they are not. @throws Error naming missing tools or what failed */
export async function fetchServers(note: (line: string) => void): Promise<ServersHome> {
  const names = PLATFORMS[`${process.platform}-${process.arch}`];
  if (names === undefined) {
    throw new Error(
      `There are no native servers for ${process.platform}-${process.arch}; start a Docker engine instead`,
    );
  }
  const hash = createHash('sha256').update(readFileSync(pom)).update(JSON.stringify(names)).digest('hex').slice(0, 12);
  const dir = join(cacheFolder(), `stack-${hash}`);
  const java = await findTools(!existsSync(dir));
  if (!existsSync(dir)) {
    await makePassable(cacheFolder());
    checkPassable(cacheFolder());
    const onWait = (holder: { pid: number }): void =>
      note(`Waiting for process ${holder.pid}, which fetches the servers ...`);
    await withLock(`${dir}.lock`, FETCH_MS_MAX, onWait, async () => {
      if (!existsSync(dir)) await fetchInto(dir, names, note);
    });
  }
  const redis = (await readdir(join(dir, 'redis'))).find((name) => name.startsWith('redis-server-'));
  return {
    dir,
    java: java.file,
    javaHash: createHash('sha256').update(java.file).update(java.version).digest('hex').slice(0, 12),
    kafkaClassPath: join(dir, 'kafka', '*'),
    registryJar: join(
      dir,
      'registry',
      (await readdir(join(dir, 'registry'))).find((name) => name.endsWith('-runner.jar')) ?? '',
    ),
    postgresBin: join(dir, 'postgres', 'bin'),
    redisServer: join(dir, 'redis', redis ?? ''),
  };
}

/** Before anything is fetched: root's Postgres runs as nobody, who must be able to reach its program. */
function checkPassable(folder: string): void {
  if (isPassable(folder)) return;
  throw new Error(
    `${folder} lies in a folder that is closed to others, so Postgres, which does not run as root, could not be started from there. Set LEDGER_STACK_CACHE to another folder.`,
  );
}

/** Root keeps it out of its home: Postgres runs as somebody else, who must be able to read its own program. */
export function cacheFolder(): string {
  const chosen = process.env['LEDGER_STACK_CACHE'];
  if (chosen !== undefined && chosen !== '') return chosen;
  if (process.platform === 'linux' && process.getuid?.() === 0) return '/var/cache/order-ledger';
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'order-ledger');
}

async function fetchInto(
  dir: string,
  names: { postgres: string; redis: string },
  note: (line: string) => void,
): Promise<void> {
  note('Fetching Kafka, the schema registry, Postgres and Redis by Maven (about 200 MB, once per machine) ...');
  const startedAt = performance.now();
  const fresh = `${dir}.${randomBytes(4).toString('hex')}`;
  try {
    const maven = [
      '-q',
      '-B',
      '-ntp',
      '-f',
      pom,
      'generate-resources',
      `-Dstack.out=${fresh}`,
      `-Dstack.postgres=${names.postgres}`,
    ];
    // Maven alone sees the caller's whole environment: proxies and mirrors are set there.
    await run('mvn', maven, { timeoutMs: FETCH_MS_MAX, env: process.env });
    await unpackPostgres(fresh);
    for (const file of await readdir(join(fresh, 'redis'))) {
      if (file.endsWith(names.redis)) await chmod(join(fresh, 'redis', file), 0o755);
      else await rm(join(fresh, 'redis', file), { recursive: true });
    }
    await rm(join(fresh, 'target'), { recursive: true, force: true });
    await run('chmod', ['-R', 'a+rX', fresh], { timeoutMs: UNPACK_MS_MAX });
    await rename(fresh, dir);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  note(`... fetched into ${dir} in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
}

async function unpackPostgres(fresh: string): Promise<void> {
  const source = join(fresh, 'postgres-archive');
  const archive = (await readdir(source)).find((name) => name.endsWith('.txz'));
  if (archive === undefined) throw new Error(`The Postgres artifact holds no .txz: ${source}`);
  await mkdir(join(fresh, 'postgres'));
  await run('tar', ['-xJf', join(source, archive), '-C', join(fresh, 'postgres')], { timeoutMs: UNPACK_MS_MAX });
  await rm(source, { recursive: true });
}
