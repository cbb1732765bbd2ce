// Platform room: payments, dead letters and the sweeper: where the gateway is, and how much they do at once.
import { z } from 'zod';
import { list, setting, whole } from './setting.ts';

export const workerLimits = {
  gatewayUrl: setting('LEDGER_GATEWAY_URL', z.url(), 'http://127.0.0.1:8090', 'Payment gateway.'),
  gatewaySecret: setting(
    'LEDGER_GATEWAY_SECRET',
    z.string().min(8),
    'local-gateway',
    "Signs the gateway's answers; shared with it. An answer that it did not sign changes nothing.",
  ),
  gatewayTimeoutMs: setting(
    'LEDGER_GATEWAY_TIMEOUT_MS',
    whole(50, 60_000),
    '3000',
    'Milliseconds for one answer of the gateway.',
  ),
  gatewayAnswerBytesMax: setting(
    'LEDGER_GATEWAY_ANSWER_BYTES_MAX',
    whole(1_024, 10_485_760),
    '65536',
    'Bytes of an answer of the payment gateway that are read; a longer one counts as malformed.',
  ),
  gatewayBreakerFailures: setting(
    'LEDGER_GATEWAY_BREAKER_FAILURES',
    whole(1, 10_000),
    '10',
    'Charges that fail one after the other before the circuit breaker opens.',
  ),
  gatewayBreakerOpenMs: setting(
    'LEDGER_GATEWAY_BREAKER_OPEN_MS',
    whole(10, 600_000),
    '5000',
    'Milliseconds for which an open breaker lets nothing through; then one charge tells whether the gateway is back.',
  ),
  paymentDelayMs: setting(
    'LEDGER_PAYMENT_DELAY_MS',
    whole(0, 86_400_000),
    '2000',
    'Milliseconds from the acceptance of an automatic order to its payment, in which it can be cancelled.',
  ),
  paymentRetryMs: setting(
    'LEDGER_PAYMENT_RETRY_MS',
    list.transform((parts) => parts.map(Number)).pipe(z.array(z.int().min(0).max(3_600_000)).min(1).max(20)),
    '1000,3000,5000',
    'Milliseconds before each further attempt at a payment; when all are used up it becomes a dead letter.',
  ),
  paymentConcurrency: setting(
    'LEDGER_PAYMENT_CONCURRENCY',
    whole(1, 10_000),
    '32',
    'Payments that one process works on at a time.',
  ),
  paymentQueueMax: setting(
    'LEDGER_PAYMENT_QUEUE_MAX',
    whole(1, 1_000_000),
    '5000',
    'Payments of one partition that a process knows before it leaves further ones in the journal.',
  ),
  paymentJobMsMax: setting(
    'LEDGER_PAYMENT_JOB_MS_MAX',
    whole(100, 3_600_000),
    '60000',
    'Milliseconds for one pass of a payment, from its first command to its result; then it is tried again.',
  ),
  sweepEveryS: setting('LEDGER_SWEEP_EVERY_S', whole(1, 86_400), '60', 'Seconds between two looks for stale orders.'),
  sweepPerS: setting(
    'LEDGER_SWEEP_PER_S',
    whole(1, 100_000),
    '200',
    'Stale orders that the sweeper proposes to expire in a second, at most.',
  ),
  sweepLagMax: setting(
    'LEDGER_SWEEP_LAG_MAX',
    whole(0, 1_000_000_000),
    '1000',
    'Commands that wait for the writers beyond which the sweeper proposes nothing.',
  ),
  deadLettersKeepDays: setting(
    'LEDGER_DEAD_LETTERS_KEEP_DAYS',
    whole(1, 36_500),
    '30',
    'Days for which a settled dead letter is still listed.',
  ),
} as const;
