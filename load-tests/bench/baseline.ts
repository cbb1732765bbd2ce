// What the ledger is compared with: orders decided in Postgres, behind the same HTTP server, with the same body, the
// same validation and the same check of the API key. Started by run.ts; prints its URL, ends at SIGTERM.
//   DATABASE_URL=… BASELINE_POOL=16 node load-tests/bench/baseline.ts
import { createHash } from 'node:crypto';
import fastify from 'fastify';
import pg from 'pg';
import type { Caller } from '../../src/http/auth.ts';
import { bearerToken, createCredentials } from '../../src/http/auth.ts';
import type { PlaceOrderBody } from '../../src/http/schemas.ts';
import { placeOrderBody } from '../../src/http/schemas.ts';
import { validatorCompiler } from '../../src/http/validation.ts';
import { placeOrderStatement } from './baseline-schema.ts';

const connectMsMax = 5_000;
const statementMsMax = 30_000;

interface Placed {
  readonly repeated: boolean;
  readonly id: string;
  readonly print: Buffer;
  readonly at: Date;
  /** bigint, which pg reads as text. */
  readonly amounts: readonly string[];
  readonly unit: string;
}

interface Line {
  readonly product_id: string;
  readonly quantity: number;
  readonly priority: string;
}

const pool = new pg.Pool({
  connectionString: process.env['DATABASE_URL'],
  max: Number(process.env['BASELINE_POOL'] ?? 16),
  min: 0,
  idleTimeoutMillis: 0,
  connectionTimeoutMillis: connectMsMax * 6,
  statement_timeout: statementMsMax,
  application_name: 'baseline',
});
pool.on('error', (error) => process.stderr.write(`${error.message}\n`));

const credentials = createCredentials({
  find: findKey,
  credentialCacheMs: 60_000,
  credentialCacheMax: 10_000,
  now: Date.now,
});

const app = fastify({ logger: false });
app.setValidatorCompiler(validatorCompiler);
app.setSerializerCompiler(() => (body: unknown) => JSON.stringify(body));

app.post<{ Body: PlaceOrderBody }>('/v1/orders', { schema: { body: placeOrderBody } }, async (request, reply) => {
  const caller = await credentials.verify(bearerToken(request.headers.authorization));
  if (caller === null) return reply.code(401).send({ code: 'unauthenticated' });
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || key.length > 255) return reply.code(400).send({ code: 'idempotency_key_missing' });
  const { body } = request;
  const lines = linesOf(body);
  const order = orderOf(body, caller);
  const fingerprint = createHash('sha256').update(JSON.stringify(body)).digest();
  const about = [order.customer, order.priority, order.payment, order.reference, JSON.stringify(order.metadata)];
  const values = [caller.principal, key, fingerprint, ...about, ...columnsOf(lines)];
  try {
    const { rows } = await pool.query<Placed>({ ...placeOrderStatement, values });
    const [placed] = rows;
    if (placed === undefined) throw new Error('place_order answered no row');
    if (!placed.print.equals(fingerprint)) return await reply.code(422).send({ code: 'idempotency_key_reused' });
    if (placed.repeated) reply.header('idempotent-replayed', 'true');
    reply.code(placed.repeated ? 200 : 201).header('location', `/v1/orders/${placed.id}`);
    return await reply.send(orderJson(placed, order, lines));
  } catch (error) {
    const refusal = error instanceof pg.DatabaseError ? refusals[error.code ?? ''] : undefined;
    if (refusal === undefined) throw error;
    return reply.code(refusal.status).send({ code: refusal.code });
  }
});

const refusals: { readonly [sqlState: string]: { readonly status: number; readonly code: string } } = {
  OL404: { status: 404, code: 'unknown_product' },
  OL409: { status: 409, code: 'out_of_stock' },
};

/** Lines of one product summed, in the order of their products. */
function linesOf({ lines, priority = 'normal' }: PlaceOrderBody): readonly Line[] {
  const all = new Map<string, Line>();
  for (const line of lines) {
    const quantity = (all.get(line.product_id)?.quantity ?? 0) + line.quantity;
    all.set(line.product_id, { product_id: line.product_id, quantity, priority: line.priority ?? priority });
  }
  return [...all.values()].sort((a, b) => (a.product_id < b.product_id ? -1 : 1));
}

interface Order {
  readonly customer: string;
  readonly priority: string;
  readonly payment: string;
  readonly reference: string | null;
  readonly metadata: { readonly [key: string]: string };
}

function columnsOf(lines: readonly Line[]): readonly (readonly unknown[])[] {
  const products = lines.map(({ product_id }) => product_id);
  const quantities = lines.map(({ quantity }) => quantity);
  return [products, quantities, lines.map(({ priority }) => priority)];
}

function orderOf(body: PlaceOrderBody, { customerId }: Caller): Order {
  return {
    customer: body.customer_id ?? customerId,
    priority: body.priority ?? 'normal',
    payment: body.payment ?? 'automatic',
    reference: body.reference ?? null,
    metadata: body.metadata ?? {},
  };
}

/** The same members as the ledger's answer. */
function orderJson(placed: Placed, order: Order, wanted: readonly Line[]): object {
  const { id, at, unit, amounts } = placed;
  const lines = wanted.map(({ product_id, quantity, priority }, index) => {
    const amount = Number(amounts[index]);
    const unit_price = { amount, currency: unit };
    return { product_id, quantity, unit_price, total: { amount: amount * quantity, currency: unit }, priority };
  });
  const time = at.toISOString();
  return {
    order_id: id,
    customer_id: order.customer,
    status: 'PENDING',
    status_reason: null,
    lines,
    total: { amount: lines.reduce((sum, { total }) => sum + total.amount, 0), currency: unit },
    priority: order.priority,
    payment: order.payment,
    reference: order.reference,
    metadata: order.metadata,
    created_at: time,
    updated_at: time,
    expires_at: null,
    cancelled_at: null,
    version: 1,
  };
}

type Found = NonNullable<Awaited<ReturnType<Parameters<typeof createCredentials>[0]['find']>>>;

async function findKey(hash: Uint8Array): Promise<Found | null> {
  const { rows } = await pool.query<Pick<Found, 'key_id' | 'customer_id' | 'hash'>>(
    'SELECT hash, key_id, customer_id FROM api_keys WHERE hash = $1',
    [hash],
  );
  const [row] = rows;
  if (row === undefined) return null;
  const never = { expires_at: null, revoked_at: null, last_used_at: null };
  return { ...row, ...never, name: 'bench', role: 'service', prefix: '', scopes: [], created_at: new Date(0) };
}

async function main(): Promise<void> {
  const url = await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 0) });
  process.stdout.write(`${url}\n`);
  const leave = (): void => {
    void app
      .close()
      .then(() => pool.end())
      .then(() => process.exit(0));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave);
}

await main();
