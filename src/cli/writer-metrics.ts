// What the writer role counts and logs.
import type { Registry } from 'prom-client';
import type { WriterRoleOptions } from '../../consumers/writer/options.ts';
import { LedgerAlarm } from '../log/alarm.ts';
import type { SnapshotsOptions } from '../log/snapshots.ts';
import { createEpisode } from '../platform/episode.ts';
import type { Logger } from '../platform/logger.ts';
import { metricTable } from '../platform/metric-table.ts';
import { counterIn, histogramIn } from '../platform/metric.ts';

interface Hooks extends Pick<WriterRoleOptions<unknown>, 'events' | 'alarm' | 'rebuilt'> {
  readonly snapshotEvents: Pick<SnapshotsOptions<unknown>, 'written' | 'failed' | 'discarded'>;
}

const doubtTexts = {
  begins: 'the fate of an append is unknown; the journal is read',
  over: 'the fate of every append is known again',
};

/** The hooks of a writer role, bound to a registry and a logger; `note` hears of errors. */
export function createWriterMetrics(registry: Registry, logger: Logger, note: (error: unknown) => void): Hooks {
  const decided = counterIn(registry, metricTable.decided);
  const doubts = counterIn(registry, metricTable.doubts);
  const failures = counterIn(registry, metricTable.deciderFailures);
  const alarms = counterIn(registry, metricTable.alarms);
  const voids = counterIn(registry, metricTable.voids);
  const decisions = histogramIn(registry, metricTable.decisions);
  const batches = histogramIn(registry, metricTable.batches);
  const appends = histogramIn(registry, metricTable.appends);
  const rebuilds = histogramIn(registry, metricTable.rebuilds);
  const inDoubt = createEpisode(logger, doubtTexts);
  return {
    events: {
      appended: ({ commands, decideMs, ms }) => {
        decided.inc(commands);
        decisions.observe(decideMs / 1_000);
        batches.observe(commands);
        appends.observe(ms / 1_000);
      },
      doubt: (err) => {
        doubts.inc();
        inDoubt.trouble(err);
        note(err);
      },
      failed: (offset, err, trace_id) => {
        failures.inc();
        logger.error({ err, offset, trace_id }, 'the decider failed; the command was refused and kept');
        note(err);
      },
    },
    alarm: (partition, err) => {
      const code = err instanceof LedgerAlarm ? err.code : 'bug';
      alarms.inc({ code });
      logger.error({ err, partition, code }, 'the partition stopped');
      note(err);
    },
    rebuilt: (partition, { counted, void: skipped, from, ms }) => {
      rebuilds.observe(ms / 1_000);
      voids.inc({ role: 'writer' }, skipped);
      const figures = { partition, snapshot: from, events: counted, void: skipped, ms: Math.round(ms) };
      logger.info(figures, 'the partition was rebuilt');
    },
    snapshotEvents: createSnapshotEvents(registry, logger),
  };
}

function createSnapshotEvents(registry: Registry, logger: Logger): Hooks['snapshotEvents'] {
  const taken = histogramIn(registry, metricTable.snapshots);
  const failures = counterIn(registry, metricTable.snapshotFailures);
  const misfits = counterIn(registry, metricTable.snapshotsDiscarded);
  return {
    written: ({ partition, end, pieces, bytes }, ms) => {
      taken.observe(ms / 1_000);
      logger.info({ partition, end, pieces, bytes, ms: Math.round(ms) }, 'a snapshot was written');
    },
    failed: (partition, err) => {
      failures.inc();
      logger.warn({ err, partition }, 'a snapshot could not be written; the journal has everything');
    },
    discarded: (partition, reason, detail) => {
      misfits.inc({ reason });
      logger.warn({ partition, reason, detail }, 'a snapshot was discarded; the rebuild reads more of the journal');
    },
  };
}
