// Toxiproxy: ways to the servers on which a test makes the network slow, narrow or broken. Talks to its HTTP API.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import { findProgram } from './programs.ts';
import { eventually, freePort } from './servers.ts';

/** What toxiproxy does to a connection; see its documentation for the attributes of each type. */
export interface Toxic {
  readonly type: 'latency' | 'bandwidth' | 'slicer' | 'reset_peer' | 'timeout';
  readonly attributes: { readonly [name: string]: number };
}

export interface Way {
  /** host:port of the way, to be used in place of the server's. */
  readonly address: string;
  /** Does this to all connections, in both directions, until `clear`. */
  spoil(toxic: Toxic): Promise<void>;
  clear(): Promise<void>;
}

export interface Toxiproxy {
  /** `upstream`: host:port of the server. */
  open(name: string, upstream: string): Promise<Way>;
  close(): Promise<void>;
}

const version = 'v2.5.0';
const startMsMax = 20_000;
const requestMsMax = 10_000;
const opened = z.object({ listen: z.string() });

/** Starts the server. @throws Error saying how to get it where it is missing */
export async function startToxiproxy(): Promise<Toxiproxy> {
  const program = findProgram('toxiproxy-server');
  if (program === undefined) {
    const module = `github.com/Shopify/toxiproxy/v2/cmd/server@${version}`;
    throw new Error(
      `toxiproxy-server is missing: install toxiproxy, or \`go install ${module}\` and rename what it installs (server)`,
    );
  }
  const port = await freePort();
  const server = spawn(program, ['-host', '127.0.0.1', '-port', String(port)], { stdio: 'ignore' });
  const ended = once(server, 'exit');
  const ask = (method: string, path: string, body?: object): Promise<unknown> =>
    request(`http://127.0.0.1:${port}${path}`, method, body);
  await eventually(async () => (await fetch(`http://127.0.0.1:${port}/version`)).ok, {
    withinMs: startMsMax,
    what: 'toxiproxy',
  });
  return {
    open: async (name, upstream) => {
      const way = await ask('POST', '/proxies', { name, listen: '127.0.0.1:0', upstream, enabled: true });
      return wayOf(`/proxies/${name}/toxics`, opened.parse(way).listen, ask);
    },
    close: async () => {
      server.kill('SIGKILL');
      await ended;
    },
  };
}

function wayOf(
  toxics: string,
  address: string,
  ask: (method: string, path: string, body?: object) => Promise<unknown>,
) {
  const spoiled: string[] = [];
  return {
    address,
    spoil: async ({ type, attributes }: Toxic): Promise<void> => {
      for (const stream of ['upstream', 'downstream']) {
        const name = `${type}_${stream}`;
        await ask('POST', toxics, { name, type, stream, toxicity: 1, attributes });
        spoiled.push(name);
      }
    },
    clear: async (): Promise<void> => {
      for (const name of spoiled.splice(0)) await ask('DELETE', `${toxics}/${name}`);
    },
  };
}

/** @throws Error with what toxiproxy said */
async function request(url: string, method: string, body?: object): Promise<unknown> {
  const signal = AbortSignal.timeout(requestMsMax);
  const reply = await fetch(url, { method, signal, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`toxiproxy answers ${method} ${url} with ${reply.status}: ${text}`);
  return text === '' ? null : JSON.parse(text);
}
