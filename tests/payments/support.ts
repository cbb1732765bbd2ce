// What the tests of payments share: a gateway of their own that the test can make misbehave, and a ledger that uses it.
import { createGateway } from '../../stack/gateway/app.ts';
import type { Behaviour } from '../../stack/gateway/behaviour.ts';
import { openRecord } from '../../stack/gateway/record.ts';
import type { Attempt, PaymentRecord } from '../../stack/gateway/record.ts';
import type { Api, TestLedger } from '../support/ledger.ts';
import { eventually, freePort } from '../support/servers.ts';

export const secret = 'the secret of a test';

export interface TestGateway {
  readonly url: string;
  readonly record: PaymentRecord;
  /** Settings that make a ledger's worker use it, with waits that suit a test. */
  readonly env: { readonly [name: string]: string };
  /** Changes how it behaves; what is not named is as it was at the start. */
  behave(behaviour: Partial<Behaviour>): Promise<void>;
  /** What it did about an order. */
  attempts(orderId: string): readonly Attempt[];
  /** Ends it as a crash would; `open` starts it again on the same port and record. */
  down(): Promise<void>;
  open(): Promise<void>;
  close(): Promise<void>;
}

/** A gateway in this process that captures everything, at once, unless the test says otherwise. */
export async function openGateway(behaviour: Partial<Behaviour> = {}): Promise<TestGateway> {
  const record = openRecord(null);
  const port = await freePort();
  const start = { success_rate: 1, latency_ms: 0, latency_jitter_ms: 0, ...behaviour };
  const make = () => createGateway({ secret, record, behaviour: start });
  let app: ReturnType<typeof make> | null = null;
  const open = async (): Promise<void> => {
    app = make();
    await app.listen({ port, host: '127.0.0.1' });
  };
  const down = async (): Promise<void> => {
    await app?.close();
    app = null;
  };
  await open();
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    record,
    env: {
      LEDGER_GATEWAY_URL: url,
      LEDGER_GATEWAY_SECRET: secret,
      LEDGER_PAYMENT_DELAY_MS: '0',
      LEDGER_PAYMENT_RETRY_MS: '50,100,150',
      LEDGER_GATEWAY_TIMEOUT_MS: '500',
      LEDGER_GATEWAY_BREAKER_OPEN_MS: '300',
    },
    behave: async (wanted) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${url}/control`, { method: 'PUT', headers, body: JSON.stringify(wanted) });
      if (!answer.ok) throw new Error(`the gateway refused its settings: ${await answer.text()}`);
    },
    attempts: (orderId) => record.all().filter((attempt) => attempt.order_id === orderId),
    down,
    open,
    close: down,
  };
}

let keys = 0;

/** Places an order; answers its id. */
export async function place(api: Api, product: string, members: object = {}): Promise<string> {
  keys += 1;
  const body = { lines: [{ product_id: product, quantity: 1 }], ...members };
  const reply = await api.request('POST', '/v1/orders', body, { 'idempotency-key': `pay-${keys}` });
  if (reply.status !== 201) throw new Error(`the order was answered ${reply.status}: ${JSON.stringify(reply.body)}`);
  return String(reply.body['order_id']);
}

/** Waits until the order stands there. */
export async function reaches(api: Api, orderId: string, status: string, withinMs = 30_000): Promise<void> {
  let last: unknown = null;
  const look = async (): Promise<boolean> => {
    last = (await api.get(`/v1/orders/${orderId}`)).body['status'];
    if (last === status) return true;
    throw new Error(`it is ${String(last)}`);
  };
  await eventually(look, { withinMs, what: `order ${orderId} ${status}` });
}

/** Units on hand and held of a product, as the API shows them. */
export async function stockOf(api: Api, product: string): Promise<{ on_hand: unknown; held: unknown }> {
  const { body } = await api.get(`/v1/products/${product}`);
  return { on_hand: body['on_hand'], held: body['held'] };
}

/** The audit of a ledger that nobody asks any more. @throws Error with its report where it found something */
export async function auditAtRest(ledger: TestLedger): Promise<void> {
  const { code, output } = await ledger.run(['audit', '--at-rest']);
  if (code !== 0) throw new Error(output);
}
