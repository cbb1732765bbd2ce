// Platform room: how much goes into one request to Kafka and into one batch of a writer, and how long either may take.
import { setting, whole } from './setting.ts';

export const logLimits = {
  sendRecordsMax: setting(
    'LEDGER_SEND_RECORDS_MAX',
    whole(1, 1_000),
    '1000',
    'Records of one partition in one request to Kafka.',
  ),
  sendBytesMax: setting(
    'LEDGER_SEND_BYTES_MAX',
    whole(10_000, 100_000_000),
    '900000',
    'Encoded bytes of one partition in one request to Kafka; below max.message.bytes.',
  ),
  appendTimeoutMs: setting(
    'LEDGER_APPEND_TIMEOUT_MS',
    whole(100, 60_000),
    '3000',
    'Milliseconds that an append may go unanswered.',
  ),
  kafkaRequestTimeoutMs: setting(
    'LEDGER_KAFKA_REQUEST_TIMEOUT_MS',
    whole(100, 60_000),
    '5000',
    'Milliseconds that any other request to Kafka may go unanswered.',
  ),
  writerQueueMax: setting(
    'LEDGER_WRITER_QUEUE_MAX',
    whole(1, 1_000_000),
    '5000',
    'Commands of one partition that a writer holds before it pauses the partition.',
  ),
  outboxMax: setting(
    'LEDGER_OUTBOX_MAX',
    whole(2, 1_000_000),
    '10000',
    'Messages to other partitions that may wait before their writer pauses; from half of it on, orders that need more are answered 503.',
  ),
  writerBatchMax: setting('LEDGER_WRITER_BATCH_MAX', whole(1, 1_000), '500', 'Commands decided in one batch.'),
  writerBatchMsMax: setting(
    'LEDGER_WRITER_BATCH_MS_MAX',
    whole(1, 10_000),
    '200',
    'Milliseconds of deciding after which a batch is cut.',
  ),
  snapshotEvery: setting(
    'LEDGER_SNAPSHOT_EVERY',
    whole(0, 1_000_000_000),
    '10000',
    "Events of one partition after which a snapshot of its writer's state is taken; a tenth is enough at the end; 0: never.",
  ),
  snapshotBytesPerEventMax: setting(
    'LEDGER_SNAPSHOT_BYTES_PER_EVENT_MAX',
    whole(1, 1_000_000_000),
    '500',
    'Bytes of snapshots that may be written for each event: where the state is large, they are taken less often.',
  ),
  snapshotStepMsMax: setting(
    'LEDGER_SNAPSHOT_STEP_MS_MAX',
    whole(1, 1_000),
    '5',
    'Milliseconds for which a snapshot that is being taken keeps everything else in the process waiting.',
  ),
  snapshotStopMsMax: setting(
    'LEDGER_SNAPSHOT_STOP_MS_MAX',
    whole(0, 60_000),
    '2000',
    'Milliseconds that the last snapshots may take when a process ends.',
  ),
  alarmRereadMs: setting(
    'LEDGER_ALARM_REREAD_MS',
    whole(0, 600_000),
    '10000',
    'Milliseconds of re-reading before an inconsistency of the log stops a partition.',
  ),
  schemasLackMsMax: setting(
    'LEDGER_SCHEMAS_LACK_MS_MAX',
    whole(0, 600_000),
    '10000',
    'Milliseconds for which a start looks again for schemas that the registry lacks, from its first answer on.',
  ),
  commitEveryMs: setting(
    'LEDGER_COMMIT_EVERY_MS',
    whole(10, 60_000),
    '1000',
    "Milliseconds between two commits of the writers' group offsets, which are a metric of lag.",
  ),
  watchdogMs: setting(
    'LEDGER_WATCHDOG_MS',
    whole(1_000, 3_600_000),
    '60000',
    'Milliseconds without progress of a partition, although the broker answers, after which the process exits.',
  ),
} as const;
