// Outlives the process that started it, by a moment: when the pipe from there closes without a farewell, it ends the
// servers and removes the folder that it was told of. So a killed test run leaves nothing behind.
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { endProcess } from './processes.ts';

const GRACE_MS = 3_000;

/** One line of the pipe. */
export type GuardMessage =
  | { readonly kind: 'process'; readonly pid: number; readonly birth: string; readonly signal: NodeJS.Signals }
  | { readonly kind: 'gone'; readonly pid: number }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'farewell' };

async function watch(): Promise<void> {
  const processes = new Map<number, Extract<GuardMessage, { kind: 'process' }>>();
  const folders: string[] = [];
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);
  for await (const line of createInterface({ input: process.stdin })) {
    // Only stack/native.ts writes here.
    const message = JSON.parse(line) as GuardMessage;
    switch (message.kind) {
      case 'process':
        processes.set(message.pid, message);
        break;
      case 'gone':
        processes.delete(message.pid);
        break;
      case 'folder':
        folders.push(message.path);
        break;
      case 'farewell':
        return;
    }
  }
  await Promise.all([...processes.values()].map((one) => endProcess(one, one.signal, GRACE_MS)));
  for (const path of folders) await rm(path, { recursive: true, force: true });
}

await watch();
