// A checkout in miniature: the real bin/ledger and stack/, with a stand-in for the ledger itself.
import { cpSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../support/repository.ts';

/** The stand-in answers in one line of JSON; with `serve` it then runs until SIGTERM. */
const standIn = `
process.stdout.write(JSON.stringify({ pid: process.pid, args: process.argv.slice(2), flags: process.execArgv, env: process.env }) + '\\n');
if (process.argv[2] === 'serve') {
  process.on('SIGTERM', () => process.exit(0));
  setInterval(() => undefined, 1_000);
}
`;

/** @returns its root folder, as the system itself writes it */
export function miniature(): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'ledger-checkout-')));
  for (const folder of ['bin', 'stack']) cpSync(join(root, folder), join(dir, folder), { recursive: true });
  mkdirSync(join(dir, 'src', 'cli'), { recursive: true });
  mkdirSync(join(dir, '.run'));
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(dir, 'src', 'cli', 'main.ts'), standIn);
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  return dir;
}
