// What the simulated gateway accepts.
import { faultNames } from './behaviour.ts';
import type { Money } from './record.ts';

export interface Charge {
  /** Names the attempt: however often it is sent, it is one charge. */
  readonly attempt_id: string;
  readonly order_id: string;
  readonly customer_id: string;
  readonly amount: Money;
}

const id = { type: 'string', minLength: 1, maxLength: 128, pattern: '^[A-Za-z0-9._@-]+$' } as const;
const rate = { type: 'number', minimum: 0, maximum: 1 } as const;
const ms = { type: 'number', minimum: 0, maximum: 600_000 } as const;
const strict = { type: 'object', additionalProperties: false } as const;

export const chargeBody = {
  ...strict,
  required: ['attempt_id', 'order_id', 'customer_id', 'amount'],
  properties: {
    attempt_id: id,
    order_id: id,
    customer_id: id,
    amount: {
      ...strict,
      required: ['amount', 'currency'],
      properties: {
        amount: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
        currency: { type: 'string', pattern: '^[A-Z]{3}$' },
      },
    },
  },
} as const;

export const attemptParams = { type: 'object', properties: { attempt_id: id } } as const;

/** What is left out goes back to what the gateway started with. */
export const controlBody = {
  ...strict,
  properties: {
    seed: { type: 'string', maxLength: 128 },
    success_rate: rate,
    latency_ms: ms,
    latency_jitter_ms: ms,
    late_ms: ms,
    down: { type: 'boolean' },
    faults: { ...strict, properties: Object.fromEntries(faultNames.map((name) => [name, rate])) },
    orders: { type: 'object', additionalProperties: { enum: [...faultNames, 'decline'] } },
  },
} as const;
