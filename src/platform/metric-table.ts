// Platform room: every metric of ours, with what it means. A process makes those of its roles.
import { counter, gauge, histogram } from './metric.ts';

const requestSeconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
const appendSeconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5];

export const metricTable = {
  httpRequests: histogram({
    name: 'ledger_http_request_seconds',
    of: 'every process',
    help: "Seconds from a request's arrival to its answer.",
    labels: [
      ['route', 'template of the path, as `/v1/orders/:order_id`; `none` where there is no such address'],
      ['method', 'method; `other` where there is no such address'],
      ['status', 'HTTP status'],
    ],
    buckets: requestSeconds,
  }),
  brokenRequests: counter({
    name: 'ledger_http_broken_requests_total',
    of: 'every process',
    help: 'Requests that never became one: no HTTP, too slow, or headers too large.',
    labels: [['code', 'code of the problem that was answered']],
  }),
  logTroubles: counter({
    name: 'ledger_log_troubles_total',
    of: 'every process',
    help: 'What went wrong between this process and Kafka and was tried again.',
    labels: [],
  }),
  commands: counter({
    name: 'ledger_commands_total',
    of: 'api',
    help: 'Commands that the API put to the ledger, by what became of them.',
    labels: [
      ['operation', 'what was asked, as `place_order`'],
      [
        'outcome',
        'type of the event that answered, as `OrderAccepted`; `undecided`: answered 202; `not_sent`: the log did not take it',
      ],
    ],
  }),
  waiters: gauge({
    name: 'ledger_waiters',
    of: 'api',
    help: 'Requests that wait for a decision.',
    labels: [],
  }),
  claimsSkipped: counter({
    name: 'ledger_claims_skipped_total',
    of: 'api',
    help: 'Keyed requests that went on without a claim in Redis.',
    labels: [['reason', '`unavailable` or `full`']],
  }),
  staleReads: counter({
    name: 'ledger_stale_reads_total',
    of: 'api',
    help: 'Reads answered with Ledger-Stale.',
    labels: [],
  }),
  decided: counter({
    name: 'ledger_decided_total',
    of: 'writer',
    help: 'Commands whose outcome stands in the journal.',
    labels: [],
  }),
  decisions: histogram({
    name: 'ledger_decision_seconds',
    of: 'writer',
    help: 'Seconds to decide the commands of one append and to encode their events.',
    labels: [],
    buckets: [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5],
  }),
  batches: histogram({
    name: 'ledger_batch_size',
    of: 'writer',
    help: 'Commands in one append.',
    labels: [],
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
  }),
  appends: histogram({
    name: 'ledger_append_seconds',
    of: 'writer',
    help: 'Seconds from an append to its answer.',
    labels: [],
    buckets: appendSeconds,
  }),
  doubts: counter({
    name: 'ledger_append_doubts_total',
    of: 'writer',
    help: 'Appends whose fate had to be read in the journal.',
    labels: [],
  }),
  deciderFailures: counter({
    name: 'ledger_decider_failures_total',
    of: 'writer',
    help: 'Commands on which the decider failed, which is a bug; they were refused and kept.',
    labels: [],
  }),
  alarms: counter({
    name: 'ledger_alarms_total',
    of: 'writer',
    help: 'Times that a partition stopped because the log is not what it must be.',
    labels: [['code', 'code of the alarm, as `journal_shrank`; `bug` where it was none of the log']],
  }),
  outboxMessages: gauge({
    name: 'ledger_outbox_messages',
    of: 'writer',
    help: 'Messages to other partitions that Kafka has not acknowledged, of the partitions that are written here.',
    labels: [['partition', 'partition that sends them']],
  }),
  outboxOldest: gauge({
    name: 'ledger_outbox_oldest_seconds',
    of: 'writer',
    help: 'Seconds that the oldest of them has waited in this process; 0 where none waits.',
    labels: [['partition', 'partition that sends them']],
  }),
  rebuilds: histogram({
    name: 'ledger_rebuild_seconds',
    of: 'writer',
    help: 'Seconds to rebuild a partition.',
    labels: [],
    buckets: [0.05, 0.1, 0.5, 1, 2, 5, 10, 60],
  }),
  snapshots: histogram({
    name: 'ledger_snapshot_seconds',
    of: 'writer',
    help: 'Seconds that a snapshot took while commands went on.',
    labels: [],
    buckets: [0.1, 0.5, 1, 2, 5, 10, 60],
  }),
  snapshotFailures: counter({
    name: 'ledger_snapshot_failures_total',
    of: 'writer',
    help: 'Snapshots that could not be written; the next one is tried later.',
    labels: [],
  }),
  snapshotsDiscarded: counter({
    name: 'ledger_snapshots_discarded_total',
    of: 'writer',
    help: 'Snapshots that a rebuild could not use.',
    labels: [['reason', 'what spoke against it, as `other_evolve_version`']],
  }),
  voids: counter({
    name: 'ledger_void_records_total',
    of: 'writer and projector',
    help: 'Void records that were read and passed over.',
    labels: [['role', '`writer`: while rebuilding; `projector`: while following']],
  }),
  lag: gauge({
    name: 'ledger_lag_events',
    of: 'writer, projector and workers',
    help: 'Records that the role has still to do in a partition that it has; absent while Kafka does not answer.',
    labels: [
      [
        'role',
        '`writer`: commands; `projector`: journal; of the workers `payments`: journal from the oldest payment that is not finished, `dead-letters`: the topic of dead letters behind its table',
      ],
      ['partition', 'its number'],
    ],
  }),
  projectionLag: gauge({
    name: 'ledger_projection_lag_events',
    of: 'projector',
    help: 'Records that a projection has still to apply in the partitions of this process; absent while Kafka does not answer.',
    labels: [['projection', 'its name']],
  }),
  partitions: gauge({
    name: 'ledger_partitions',
    of: 'writer and projector',
    help: 'Partitions that the role has in this process.',
    labels: [
      ['role', '`writer` or `projector`'],
      ['status', '`writing`, `rebuilding`, `stopped`; `running`, `halted`'],
    ],
  }),
  projectorBatches: histogram({
    name: 'ledger_projector_batch_size',
    of: 'projector',
    help: 'Journal records projected at once.',
    labels: [],
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000],
  }),
  projectorApplies: histogram({
    name: 'ledger_projector_apply_seconds',
    of: 'projector',
    help: 'Seconds of a transaction that brought changes and their checkpoints into Postgres.',
    labels: [['projection', 'name of the projection']],
    buckets: appendSeconds,
  }),
  projectorTroubles: counter({
    name: 'ledger_projector_troubles_total',
    of: 'projector',
    help: 'What went wrong between the projector and Postgres or Kafka and was tried again.',
    labels: [],
  }),
  payments: counter({
    name: 'ledger_payments_total',
    of: 'workers',
    help: 'Payments that came to an end here.',
    labels: [
      [
        'outcome',
        '`captured`, `declined`; `abandoned`: a discarded dead letter; `not_wanted`: the order had ended before; `parked`: it became a dead letter',
      ],
    ],
  }),
  paymentFailures: counter({
    name: 'ledger_payment_failures_total',
    of: 'workers',
    help: 'Passes of payments that failed and are tried again, or parked.',
    labels: [['fault', '`own`: of this payment, it counts; `outage`: the gateway or the ledger was away, it does not']],
  }),
  paymentJobs: gauge({
    name: 'ledger_payment_jobs',
    of: 'workers',
    help: 'Payments that this process knows of; what is beyond its limit waits in the journal.',
    labels: [
      [
        'state',
        '`later`: their time has not come; `ready`: they wait for their turn; `running`; `parked`: open dead letters, of the whole ledger',
      ],
    ],
  }),
  gatewayAnswers: histogram({
    name: 'ledger_gateway_seconds',
    of: 'workers',
    help: 'Seconds of one request to the payment gateway.',
    labels: [
      ['operation', '`charge`, `look_up` or `void`'],
      ['outcome', '`captured`, `declined`, `unknown`, or what went wrong, as `timeout`'],
    ],
    buckets: requestSeconds,
  }),
  gatewayBreaker: gauge({
    name: 'ledger_gateway_breaker',
    of: 'workers',
    help: 'The circuit breaker of the payment gateway: 0 closed, 1 trying, 2 open.',
    labels: [],
  }),
  sweepProposals: counter({
    name: 'ledger_sweep_proposals_total',
    of: 'workers',
    help: 'Stale orders that the sweeper proposed to expire, by what the writer decided.',
    labels: [['outcome', '`expired`; `refused`: paid or cancelled meanwhile, or not due by log time']],
  }),
  gatewayStrange: counter({
    name: 'ledger_gateway_strange_answers_total',
    of: 'workers',
    help: 'Answers of the payment gateway that were not believed and changed nothing.',
    labels: [['fault', '`unsigned`, `malformed` or `wrong_amount`']],
  }),
};
