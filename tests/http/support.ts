// What the tests of the HTTP room share: an app whose log and views are given by the test.
import type { FastifyInstance } from 'fastify';
import type { Meta } from '../../schemas/generated.ts';
import type { CommandRecord, EventRecord } from '../../schemas/records.ts';
import { isId, isTime, readCursor } from '../../projections/cursor.ts';
import type { Figures, OrderView, ProductView, Views } from '../../projections/views.ts';
import { createApp } from '../../src/http/app.ts';
import type { Customers } from '../../src/http/customers.ts';
import type { DeadLetters } from '../../src/http/dead-letters.ts';
import type { Claims } from '../../src/http/claims.ts';
import type { Credentials } from '../../src/http/auth.ts';
import type { Audits, HealthReport, Replays } from '../../src/http/room.ts';
import type { LedgerClient, Outcome } from '../../src/log/client-port.ts';
import { partitionOf } from '../../src/domain/partitioner.ts';
import { readConfig } from '../../src/platform/config.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import type { Permission } from '../../src/http/api-keys.ts';
import { permissions } from '../../src/http/api-keys.ts';

export const partitions = 8;
export const brokerTime = Date.UTC(2026, 10, 21, 10);
export const instanceId = '11111111-1111-4111-8111-111111111111';

/** A log that the test plays: what was submitted, and a way to be heard. */
export interface PlayedClient extends LedgerClient {
  readonly submitted: { readonly partition: number; readonly command: CommandRecord }[];
  say(outcome: Outcome): void;
  up: boolean;
  /** Messages that wait in every partition. */
  messaging: number;
}

/** Answers every submit with what `answer` says; by default with the offsets 0, 1, 2, … */
export function playedClient(
  answer: (sends: number, client: PlayedClient, command: CommandRecord) => Promise<number> = (sends) =>
    Promise.resolve(sends - 1),
): PlayedClient {
  let listener: (outcome: Outcome) => void = () => undefined;
  const client: PlayedClient = {
    instanceId,
    partitions,
    startEnds: new Map(),
    submitted: [],
    up: true,
    partitionOf: (productId) => partitionOf(productId, partitions),
    submit: async (partition, command) => {
      client.submitted.push({ partition, command });
      return { offset: await answer(client.submitted.length, client, command) };
    },
    onOutcome: (given) => {
      listener = given;
    },
    say: (outcome) => listener(outcome),
    journalEnds: () => Promise.resolve(new Map()),
    brokerNow: () => brokerTime,
    messaging: 0,
    messagesWaiting: () => client.messaging,
    ready: () => client.up,
  };
  return client;
}

/** An outcome of the command with this id, sent at `placedAt`; `fingerprint` where it is remembered. */
export function outcomeOf(
  event: Pick<EventRecord, 'type' | 'data'>,
  about: {
    readonly commandId: string;
    readonly placedAt: number;
    readonly fingerprint?: Uint8Array;
    readonly partition?: number;
    readonly offset?: number;
  },
): Outcome {
  const meta: Meta = {
    command_offset: about.placedAt,
    index: 0,
    count: 1,
    sent: -1,
    at: brokerTime,
    command_id: about.commandId,
    answers: about.commandId,
    reply_to: [instanceId],
    placed_at: about.placedAt,
    source: null,
    remember: about.fingerprint === undefined ? null : { fingerprint: about.fingerprint, for_s: 60 },
    actor: 'key:test',
    correlation_id: 'trace',
    writer: instanceId,
  };
  const offset = about.offset ?? about.placedAt;
  const placed = { ...event, meta, offset } as Outcome['event'];
  return { partition: about.partition ?? 0, event: placed, position: offset };
}

/** A product as views have it; what matters to a test it says itself. */
export function lampOf(own: Partial<ProductView> = {}): ProductView {
  return {
    product_id: 'a',
    name: 'Lamp',
    price: { amount: 1, currency: 'USD' },
    on_hand: 1,
    held: 0,
    available: 1,
    tracked: true,
    billing: 'single',
    frequency: null,
    low_stock_threshold: null,
    archived: false,
    version: 1,
    created_at: 0,
    updated_at: 0,
    partition: 0,
    journal_offset: 1,
    ...own,
  };
}

/** Views of the rows given, caught up with everything; `next` says otherwise. */
export function playedViews(
  rows: { readonly orders?: readonly OrderView[]; readonly products?: readonly ProductView[] } = {},
  next: () => number = () => Number.MAX_SAFE_INTEGER,
): Views {
  return {
    progress: () => Promise.resolve(new Map(Array.from({ length: partitions }, (_, p) => [p, next()]))),
    order: (id) => Promise.resolve({ row: rows.orders?.find((row) => row.order_id === id) ?? null, next: next() }),
    // A cursor is read as the real views read it; none of theirs is given out here.
    orders: (_filter, paging) => {
      if (paging.kind === 'cursor' && paging.after !== null) readCursor('orders', [isTime, isId], paging.after);
      return Promise.resolve({ rows: rows.orders ?? [], next: null, total: rows.orders?.length ?? 0 });
    },
    product: (id) =>
      Promise.resolve({ row: rows.products?.find((row) => row.product_id === id) ?? null, next: next() }),
    products: () => Promise.resolve({ rows: rows.products ?? [], next: null, total: rows.products?.length ?? 0 }),
    inventory: () => Promise.resolve({ rows: [], next: null, total: 0 }),
    orderEvents: () => Promise.resolve({ row: null, next: next() }),
    movements: () => Promise.resolve({ rows: [], next: null, total: 0 }),
    orderAt: () => Promise.resolve(null),
    stockAt: () => Promise.resolve(null),
  };
}

const noSums = {
  orders: 0,
  accepted: 0,
  refused: 0,
  paid: 0,
  failed: 0,
  cancelled: 0,
  revenue: [],
  average_order_value: [],
  unique_customers: 0,
};

/** Figures of a ledger in which nothing happened, but for what the test gives. */
export function playedFigures(given: Partial<Figures> = {}): Figures {
  const as_of = brokerTime;
  const nobody = { rows: [], next: null, total: 0 };
  return {
    day: (date) => Promise.resolve({ date, ...noSums, as_of }),
    range: () => Promise.resolve({ days: [], totals: noSums, as_of }),
    realtime: () =>
      Promise.resolve({ pending: 0, processing: 0, completed_today: 0, failed_today: 0, revenue_today: [], as_of }),
    orders: () =>
      Promise.resolve({ total: 0, by_status: {}, today: noSums, revenue: [], average_order_value: [], as_of }),
    inventory: () =>
      Promise.resolve({
        products: 0,
        on_hand: 0,
        held: 0,
        available: 0,
        low: 0,
        out: 0,
        value: [],
        sold_30d: 0,
        as_of,
      }),
    customers: () => Promise.resolve({ listed: nobody, as_of }),
    customer: () => Promise.resolve(null),
    products: () => Promise.resolve({ listed: nobody, as_of }),
    ...given,
  };
}

export const tokens = {
  operator: `ol_${'o'.repeat(43)}`,
  service: `ol_${'s'.repeat(43)}`,
  /** A customer's own credential, as of the customer `key-c`. */
  customer: `ol_${'c'.repeat(43)}`,
} as const;

const mayByToken = new Map<string, readonly Permission[]>([
  [tokens.operator, permissions],
  [tokens.service, ['read', 'orders', 'customers']],
  [tokens.customer, ['read', 'orders', 'customers']],
]);

const credentials: Credentials = {
  verify: (token) => {
    const may = mayByToken.get(token);
    if (may === undefined) return null;
    const letter = token.slice(3, 4);
    const actsFor = token === tokens.customer ? 'itself' : 'anybody';
    return { principal: `key:${letter}`, customerId: `key-${letter}`, may: new Set(may), actsFor };
  },
};

const noClaims: Claims = {
  take: () => Promise.resolve({ kind: 'taken' }),
  release: () => Promise.resolve(),
};

const noCustomers: Customers = {
  find: () => Promise.resolve(null),
  put: () => Promise.reject(new Error('this test registers nobody')),
  erase: () => Promise.resolve(),
};

export const noDeadLetters: DeadLetters = {
  list: () => Promise.resolve({ rows: [], next: null, total: 0 }),
  find: () => Promise.resolve(null),
  count: () => Promise.resolve(0),
  wishOne: () => Promise.resolve(null),
  wishAll: () => Promise.resolve(0),
};

const noReplays = (): Promise<never> => Promise.reject(new Error('this test replays nothing'));
const replaysOfNone: Replays = {
  start: noReplays,
  list: noReplays,
  find: noReplays,
  diff: noReplays,
  activate: noReplays,
  rollback: noReplays,
  drop: noReplays,
};
const noAudits: Audits = { run: () => Promise.reject(new Error('this test audits nothing')) };

export const healthy: HealthReport = {
  status: 'ok',
  services: {
    kafka: { status: 'up', ms: 1 },
    registry: { status: 'up', ms: 1 },
    postgres: { status: 'up', ms: 1 },
    redis: { status: 'up', ms: 1 },
  },
  roles: {},
  projections: {},
  system: { rss: 1, heap: 1, event_loop_ms: 1, load: [0], disk_free: 1 },
  timestamp: '2026-11-21T10:00:00.000Z',
};

export interface Given {
  readonly client?: LedgerClient;
  readonly views?: Views;
  readonly figures?: Figures;
  readonly claims?: Claims;
  readonly health?: () => Promise<HealthReport>;
  readonly audits?: Audits;
  readonly customers?: Customers;
  readonly deadLetters?: DeadLetters;
  readonly replays?: Replays;
  readonly env?: { readonly [name: string]: string };
}

/** The app as `serve` makes it, over what the test gives. */
export function appOf(given: Given = {}): Promise<FastifyInstance> {
  // Injected requests need no event loop, so that all those of a test may come in one turn of it.
  const config = readConfig({ LOG_LEVEL: 'silent', LEDGER_TURN_MS_MAX: '60000', ...given.env });
  return createApp({
    config,
    client: given.client ?? playedClient(),
    views: given.views ?? playedViews(),
    figures: given.figures ?? playedFigures(),
    claims: given.claims ?? noClaims,
    audits: given.audits ?? noAudits,
    customers: given.customers ?? noCustomers,
    deadLetters: given.deadLetters ?? noDeadLetters,
    replays: given.replays ?? replaysOfNone,
    credentials,
    logger: createLogger(config),
    metrics: createMetrics(),
    health: given.health ?? (() => Promise.resolve(healthy)),
  });
}

export const asOperator = { authorization: `Bearer ${tokens.operator}` };
export const asCustomer = { authorization: `Bearer ${tokens.customer}` };
export const asService = { authorization: `Bearer ${tokens.service}` };

/** What tests look at in an answer. */
export interface Body {
  readonly code: string;
  readonly type: string;
  readonly status: string | number;
  readonly order_id: string;
  readonly trace_id: string;
  readonly version: number;
  readonly errors: readonly { readonly detail: string; readonly pointer: string }[];
}
