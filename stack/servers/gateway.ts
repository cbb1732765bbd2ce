// The simulated payment gateway: our own small server, which keeps what it captured in its folder.
import { fileURLToPath } from 'node:url';
import type { ServerDefinition } from '../server.ts';

const PROBE_MS_MAX = 1_000;
const program = fileURLToPath(new URL('../gateway/main.ts', import.meta.url));
/** What of the caller's environment reaches it: how often it declines, and how slow it is. */
const PASSED_ON = ['GATEWAY_SEED', 'GATEWAY_SUCCESS_RATE', 'GATEWAY_LATENCY_MS', 'GATEWAY_LATENCY_JITTER_MS'];

export const gateway: ServerDefinition = {
  name: 'gateway',
  prepare: () => Promise.resolve(),
  command: ({ ports, passwords, dataDir }) => ({
    file: process.execPath,
    args: [program],
    env: {
      ...Object.fromEntries(PASSED_ON.map((name) => [name, process.env[name] ?? ''])),
      GATEWAY_PORT: String(ports.gateway),
      GATEWAY_SECRET: passwords.gateway,
      GATEWAY_DIR: dataDir,
    },
  }),
  probe: ({ ports }) => askGateway(ports.gateway),
  startMsMax: 20_000,
};

async function askGateway(port: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(PROBE_MS_MAX) });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`it answered ${answer.status}`);
}
