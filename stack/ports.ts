// Which ports are free, and who has those that are not.
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { commandOf, isErrno } from './processes.ts';

export interface PortOwner {
  readonly pid: number;
  readonly command: string;
}

/** Below the range that kernels hand to outgoing connections, so that a killed server finds its port again. */
const TEST_PORTS = { from: 20_000, to: 32_000 } as const;
const FREE_PORT_TRIES_MAX = 200;

/** Whether a server could listen there now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      if (isErrno(error, 'EADDRINUSE') || isErrno(error, 'EACCES')) resolve(false);
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Different free ports, for a stack of its own. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; tries < FREE_PORT_TRIES_MAX && found.size < count; tries++) {
    const port = randomInt(TEST_PORTS.from, TEST_PORTS.to);
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  if (found.size < count)
    throw new Error(
      `No ${count} free ports in ${TEST_PORTS.from}..${TEST_PORTS.to} after ${FREE_PORT_TRIES_MAX} tries`,
    );
  return [...found];
}

/** Who listens on a port of this machine; nothing where the system does not tell. */
export function portOwner(port: number): PortOwner | undefined {
  const pid = process.platform === 'linux' ? ownerFromProc(port) : ownerFromLsof(port);
  return pid === undefined ? undefined : { pid, command: commandOf(pid) };
}

/** One line for a person: which port, who has it, which variable moves it. */
export function takenPortMessage(what: string, port: number, variable: string, owner: PortOwner | undefined): string {
  const who = owner === undefined ? 'a process of another user' : `pid ${owner.pid}: ${shorten(owner.command)}`;
  return `Port ${port}, wanted for ${what}, is taken by ${who}. Stop that process, or set ${variable} to another port.`;
}

function shorten(text: string): string {
  return text.length <= 160 ? text : `${text.slice(0, 157)}...`;
}

function ownerFromProc(port: number): number | undefined {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(table, port)));
  if (inodes.size === 0) return undefined;
  for (const entry of readdirSync('/proc')) {
    if (/^\d+$/.test(entry) && hasSocket(entry, inodes)) return Number(entry);
  }
  return undefined;
}

function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const LISTEN = '0A';
  let rows: string[];
  try {
    rows = readFileSync(table, 'utf8').split('\n').slice(1);
  } catch {
    // A kernel without IPv6 has no such table.
    return [];
  }
  return rows.flatMap((row) => {
    const fields = row.trim().split(/\s+/);
    return fields[1]?.endsWith(suffix) === true && fields[3] === LISTEN && fields[9] !== undefined ? [fields[9]] : [];
  });
}

function hasSocket(pid: string, inodes: ReadonlySet<string>): boolean {
  return listOrNothing(`/proc/${pid}/fd`).some((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOrNothing(`/proc/${pid}/fd/${fd}`))?.[1];
    return inode !== undefined && inodes.has(inode);
  });
}

function listOrNothing(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Somebody else's process, or one that has just ended: not provably the owner.
    return [];
  }
}

function linkOrNothing(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // A descriptor that was closed between two looks.
    return '';
  }
}

function ownerFromLsof(port: number): number | undefined {
  try {
    const text = execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'], { encoding: 'utf8' });
    const pid = Number(text.split('\n')[0]);
    return pid > 0 ? pid : undefined;
  } catch {
    // lsof exits 1 when nobody listens, and may be missing; either way the owner stays unknown.
    return undefined;
  }
}
