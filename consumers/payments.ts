// The payment worker: follows the journal, and brings the payment of every order that wants one to an end. Its place is
// the oldest job that is not finished; whoever takes a partition over does again what may be undone.
import type { LetterBook } from './dead-letters/book.ts';
import { openLetterBook } from './dead-letters/book.ts';
import { guardGateway } from './payments/breaker.ts';
import { consumerName, startCrew } from './payments/crew.ts';
import { createDesk, followJournal } from './payments/desk.ts';
import { createGatewayClient } from './payments/gateway.ts';
import type { PaymentOptions, RunningPayments } from './payments/options.ts';
import { runPass } from './payments/pass.ts';
import { createBell } from './projector/loop.ts';

/** How long a stop waits for jobs at work, ms; the process has to be gone soon after. */
const stopMsMax = 2_000;

/** Joins the group of payment workers. @throws LogError */
export async function startPayments(options: PaymentOptions): Promise<RunningPayments> {
  const { client, config, logger, pace, events, propose, trouble } = options;
  const bell = createBell(pace);
  const gateway = guardGateway({
    gateway: createGatewayClient({ ...config, answered: events.answered }),
    failures: config.gatewayBreakerFailures,
    openMs: config.gatewayBreakerOpenMs,
    concurrency: config.paymentConcurrency,
    changed: (state) => logger.warn({ state }, 'the circuit breaker of the payment gateway changed'),
    strange: (err, { order_id }) => {
      events.strange(err.fault);
      logger.error({ error: err.message, order_id }, 'an answer of the payment gateway is not to be believed');
    },
  });
  let letters: LetterBook | null = null;
  const desk = createDesk(bell, (orderId) => letters?.find(orderId));
  const book = await openLetterBook({
    ...options,
    ...config,
    topic: options.deadLetters,
    group: options.ownGroup,
    consumer: consumerName,
    wanted: desk.wanted,
  });
  letters = book;
  const following = await followJournal(options, desk, book);
  const crew = startCrew({
    ...desk,
    gateway,
    pass: (job, signal) => runPass(job, { gateway, propose, charged: options.charged }, signal),
    attemptsBefore: (orderId) => book.find(orderId)?.letter.attempts ?? 0,
    write: book.write,
    retryMs: config.paymentRetryMs,
    jobMsMax: config.paymentJobMsMax,
    pace,
    brokerNow: client.brokerNow,
    bell,
    events: {
      ...events,
      parked: ({ order_id, partition }, error) => {
        events.parked();
        logger.error({ order_id, partition, error }, 'a payment became a dead letter: see ledger dead-letters list');
      },
    },
    trouble,
  });
  return {
    status: () => ({
      ...following.status(),
      breaker: gateway.state(),
      jobs: { ...desk.queue.size(), running: crew.running(), parked: book.size() },
    }),
    stop: async () => {
      // Whoever is asked for an answer right now gets some time to give it; the rest is done again by a successor.
      await crew.stop(Math.min(config.gatewayTimeoutMs, stopMsMax));
      await Promise.all([following.stop(), book.stop()]);
    },
  };
}
