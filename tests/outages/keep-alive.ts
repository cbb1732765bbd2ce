// A client that keeps its connections, as load balancers do, and tells what became of a request that got no answer:
// nothing was sent (the connection was refused), or the connection broke under it.
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Reply } from '../support/ledger.ts';
import type { Buying } from '../support/load.ts';

/** Status of a request that was never sent: nobody listens there now. */
const refused = 0;
/** Status of a request that was sent, perhaps, and whose connection ended without an answer. */
const broken = -1;

const requestMsMax = 30_000;

export interface KeepAliveClient extends Buying {
  /** Opens so many connections, which later orders use. */
  open(connections: number): Promise<void>;
  /** Why connections broke. */
  readonly breaks: readonly string[];
  close(): void;
}

/** Orders from whoever listens at `url`, over connections that stay open between requests. */
export function keepAliveClient(
  url: string,
  key: string,
  connectionsMax = 256,
  payment: 'manual' | 'automatic' = 'manual',
): KeepAliveClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMax, maxFreeSockets: connectionsMax });
  const breaks: string[] = [];
  return {
    breaks,
    open: async (connections) => void (await Promise.all(Array.from({ length: connections }, () => touch(url, agent)))),
    order: async (idempotencyKey, lines) => {
      const wanted = lines.map(([product_id, quantity]) => ({ product_id, quantity }));
      const body = JSON.stringify({ lines: wanted, payment });
      const headers = {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'idempotency-key': idempotencyKey,
      };
      const { promise, resolve } = Promise.withResolvers<Reply>();
      const fail = (error: NodeJS.ErrnoException): void => {
        const isRefused = error.code === 'ECONNREFUSED';
        if (!isRefused)
          breaks.push(`${idempotencyKey}: ${error.message}${asked.reusedSocket ? ', connection used before' : ''}`);
        resolve({ status: isRefused ? refused : broken, headers: new Headers(), body: {} });
      };
      const asked = request(`${url}/v1/orders`, { agent, method: 'POST', headers, timeout: requestMsMax });
      asked.on('timeout', () => asked.destroy(new Error('no answer')));
      asked.on('error', fail);
      asked.on('response', (answer) => void readReply(answer).then(resolve, fail));
      asked.end(body);
      return promise;
    },
    close: () => agent.destroy(),
  };
}

async function touch(url: string, agent: Agent): Promise<void> {
  const asked = request(`${url}/health/live`, { agent });
  asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  await readReply(answer);
}

async function readReply(answer: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as [string, string]);
  return {
    status: answer.statusCode ?? broken,
    headers: new Headers(headers),
    body: text === '' ? {} : (JSON.parse(text) as Reply['body']),
  };
}
