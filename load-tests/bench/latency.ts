// Two ledgers side by side, asked by turns over one connection each, so that whatever slows the machine down slows both.
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { PreparedLedger } from './service.ts';
import { startService } from './service.ts';
import { median } from './writing.ts';

const rounds = 300;
const ordersPerRound = 5;
const readyMsMax = 60_000;

interface Client {
  post(path: string, body: object): Promise<number>;
  close(): void;
}

/** Prints the medians of one order after the other at each ledger; answers the first as a share of the second. */
export async function compareLatency(large: PreparedLedger, empty: PreparedLedger): Promise<number> {
  const running = new AsyncDisposableStack();
  try {
    const clients = [await connect(large, running), await connect(empty, running)] as const;
    const times: [number[], number[]] = [[], []];
    // The first rounds warm the processes up and are not counted.
    for (let round = -rounds / 4; round < rounds; round++) {
      for (const turn of [0, 1] as const) {
        for (let i = 0; i < ordersPerRound; i++) {
          const ms = await placeOrder(clients[turn]);
          if (round >= 0) times[turn].push(ms);
        }
      }
    }
    const [of, against] = [median(times[0]), median(times[1])];
    const asked = `${rounds * ordersPerRound} orders each, one at a time`;
    console.log(`${asked}: median ${of.toFixed(2)} ms with the history, ${against.toFixed(2)} ms without`);
    return of / against;
  } finally {
    await running.disposeAsync();
  }
}

async function connect(ledger: PreparedLedger, running: AsyncDisposableStack): Promise<Client> {
  const url = await startService(ledger, running);
  const deadline = performance.now() + readyMsMax;
  while (!(await isWriting(url, ledger.key))) {
    if (performance.now() > deadline) throw new Error('the service does not become ready');
    await pause(100);
  }
  const client = clientOf(url, ledger.key);
  running.defer(async () => client.close());
  const price = { amount: 450, currency: 'USD' };
  await client.post('/v1/products', { product_id: 'measured', name: 'Measured', price, stock: 1_000_000 });
  return client;
}

/** It takes orders before its partitions are rebuilt; they would wait. */
async function isWriting(url: string, key: string): Promise<boolean> {
  const reply = await fetch(`${url}/health`, { headers: { authorization: `Bearer ${key}` } });
  const { roles } = (await reply.json()) as { roles?: { writer?: { status: string; partitions: number[] } } };
  return roles?.writer?.status === 'ok' && roles.writer.partitions.length > 0;
}

async function placeOrder(client: Client): Promise<number> {
  const started = performance.now();
  const status = await client.post('/v1/orders', {
    lines: [{ product_id: 'measured', quantity: 1 }],
    payment: 'manual',
  });
  if (status !== 201) throw new Error(`an order was answered with ${status}`);
  return performance.now() - started;
}

function clientOf(url: string, key: string): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    close: () => agent.destroy(),
    post: (path, body) =>
      new Promise((resolve, reject) => {
        const headers = {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          'idempotency-key': randomUUID(),
        };
        const sent = request(`${url}${path}`, { method: 'POST', agent, headers }, (reply) => {
          reply.resume();
          reply.once('end', () => resolve(reply.statusCode ?? 0));
        });
        sent.once('error', reject);
        sent.end(JSON.stringify(body));
      }),
  };
}
