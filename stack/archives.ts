// Class-data archives: the JVM maps the classes of an earlier run instead of loading them anew, which halves the
// start of Kafka and of the registry. Made once per machine and JVM, from one start in a temporary folder.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServersHome } from './fetch.ts';
import { withLock } from './lock.ts';
import { startWith } from './native.ts';
import type { ServerName } from './server.ts';
import { messageOf } from './wait.ts';

const TRAIN_MS_MAX = 5 * 60_000;
const JVMS: readonly ServerName[] = ['kafka', 'registry'];

export function archiveFlags(home: ServersHome, name: ServerName): readonly string[] {
  const file = archiveOf(home, name);
  return JVMS.includes(name) && existsSync(file) ? [`-XX:SharedArchiveFile=${file}`, '-Xshare:auto'] : [];
}

/** Without archives everything works, only slower; so a failure is told and not tried again for this JVM. */
export async function ensureArchives(home: ServersHome, note: (line: string) => void): Promise<void> {
  const folder = folderOf(home);
  if (existsSync(folder)) return;
  const onWait = ({ pid }: { pid: number }): void => note(`Waiting for process ${pid}, which prepares the servers ...`);
  await withLock(`${folder}.lock`, TRAIN_MS_MAX, onWait, async () => {
    if (existsSync(folder)) return;
    note('Preparing quick starts of Kafka and the registry (once per machine) ...');
    const fresh = await mkdtemp(`${folder}.`);
    try {
      await train(home, fresh);
    } catch (error) {
      note(`... not possible here, they start more slowly: ${messageOf(error)}`);
    }
    await rename(fresh, folder);
  });
}

async function train(home: ServersHome, folder: string): Promise<void> {
  const dir = join(folder, 'run');
  await mkdir(dir);
  const flags = (name: ServerName): string[] => [`-XX:ArchiveClassesAtExit=${join(folder, `${name}.jsa`)}`];
  try {
    const stack = await startWith(home, { dir, servers: JVMS }, flags);
    // A JVM writes its archive while it ends in order.
    await stack.stop();
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function folderOf(home: ServersHome): string {
  return join(home.dir, `archives-${home.javaHash}`);
}

function archiveOf(home: ServersHome, name: ServerName): string {
  return join(folderOf(home), `${name}.jsa`);
}
