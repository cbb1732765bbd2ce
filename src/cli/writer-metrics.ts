// What the writer role counts and logs.
import type { Registry } from 'prom-client';
import { Counter, Histogram } from 'prom-client';
import type { WriterRoleOptions } from '../../consumers/writer/options.ts';
import { LedgerAlarm } from '../log/alarm.ts';
import type { Logger } from '../platform/logger.ts';

type Hooks = Pick<WriterRoleOptions<unknown>, 'events' | 'alarm' | 'rebuilt'>;

/** The hooks of a writer role, bound to a registry and a logger. */
export function createWriterMetrics(registry: Registry, logger: Logger): Hooks {
  const registers = [registry];
  const decided = new Counter({
    name: 'ledger_decided_total',
    help: 'Commands whose outcome stands in the journal.',
    registers,
  });
  const doubts = new Counter({
    name: 'ledger_append_doubts_total',
    help: 'Appends whose fate had to be read in the journal.',
    registers,
  });
  const batches = new Histogram({
    name: 'ledger_batch_size',
    help: 'Commands in one append.',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
    registers,
  });
  const appends = new Histogram({
    name: 'ledger_append_seconds',
    help: 'Seconds from an append to its answer.',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
    registers,
  });
  const rebuilds = new Histogram({
    name: 'ledger_rebuild_seconds',
    help: 'Seconds to rebuild a partition.',
    buckets: [0.05, 0.1, 0.5, 1, 2, 5, 10, 60],
    registers,
  });
  const voids = new Counter({ name: 'ledger_void_records_total', help: 'Void records read by writers.', registers });
  return {
    events: {
      appended: ({ commands, ms }) => {
        decided.inc(commands);
        batches.observe(commands);
        appends.observe(ms / 1000);
      },
      doubt: (err) => {
        doubts.inc();
        logger.warn({ err }, 'the fate of an append is unknown; the journal is read');
      },
      failed: (offset, err) => logger.error({ err, offset }, 'the decider failed; the command was refused and kept'),
    },
    alarm: (partition, err) => {
      const code = err instanceof LedgerAlarm ? err.code : 'bug';
      logger.error({ err, partition, code }, 'the partition stopped');
    },
    rebuilt: (partition, { counted, void: skipped, ms }) => {
      rebuilds.observe(ms / 1000);
      voids.inc(skipped);
      logger.info({ partition, events: counted, void: skipped, ms: Math.round(ms) }, 'the partition was rebuilt');
    },
  };
}
