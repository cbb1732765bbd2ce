// `ledger audit`: the log against its rules, and the projections against the log, in one reading.
import type { Pool } from 'pg';
import type { Generation } from '../../../projections/generations.ts';
import type { PlacedEvent } from '../../../schemas/records.ts';
import type { Topics } from '../../../schemas/topics.ts';
import type { Log } from '../../log/port.ts';
import type { Reading } from '../../log/reading.ts';
import type { Redis } from '../../platform/redis.ts';
import { messageOf } from '../message.ts';
import type { Finding, Note } from './findings.ts';
import { collectFindings } from './findings.ts';
import type { PartitionReport } from './log-audit.ts';
import { auditLog } from './log-audit.ts';
import type { ProjectionAudit, ProjectionReport } from './projection-audit.ts';
import { startProjectionAudit } from './projection-audit.ts';
import type { RedisAudit } from './redis-audit.ts';
import { startRedisAudit } from './redis-audit.ts';
import { startSnapshotAudit } from './snapshot-audit.ts';
import type { Snapshot } from './stored-rows.ts';
import { takeSnapshot } from './stored-rows.ts';

export interface AuditReport {
  /** Nothing was found, and everything that was asked for could be checked. */
  readonly ok: boolean;
  readonly ledger_id: string | null;
  readonly partitions: readonly PartitionReport[];
  /** The first 1,000. */
  readonly findings: readonly Finding[];
  /** How many there were in all. */
  readonly findings_total: number;
  /** Strange, but no promise is broken. */
  readonly warnings: readonly Finding[];
  readonly projections: readonly ProjectionReport[];
  /** How many snapshots of writers were compared with the journal. */
  readonly snapshots: number;
  /** What could not be looked at, and why. */
  readonly unchecked: readonly string[];
  readonly ms: number;
}

/** Where the projections stand. */
export interface Stores {
  readonly pool: Pool;
  readonly redis: Redis;
  /** First part of the keys in Redis: one prefix is one ledger. */
  readonly prefix: string;
}

export interface AuditOptions {
  readonly log: Log;
  readonly topics: Topics;
  readonly reading: Reading;
  /** Null: the projections are left out. */
  readonly stores: Stores | null;
  readonly atRest: boolean;
  /** Hears how far a partition was read. */
  readonly progress?: (partition: number, next: number, end: number) => void;
}

/** Audits a ledger. @throws LogError when Kafka does not answer; the signal's reason when aborted */
export async function audit(options: AuditOptions, signal: AbortSignal): Promise<AuditReport> {
  const started = performance.now();
  const { topics, stores, progress } = options;
  const found = collectFindings();
  const warned = collectFindings();
  const unchecked: string[] = [];
  // Before the log is read, so that the journal reaches at least as far as the rows.
  const rows = stores === null ? null : createRowsAudit(stores, unchecked);
  try {
    await rows?.start(topics.events, found.note);
    const snapshots = await startSnapshotAudit({ ...options, note: found.note, warn: warned.note, unchecked }, signal);
    const { ledgerId, partitions } = await auditLog(
      {
        ...options,
        note: found.note,
        warn: warned.note,
        onEvent: (partition, event) => {
          rows?.add(partition, event);
          snapshots?.add(partition, event);
        },
        onPage: async (partition, next, end) => {
          progress?.(partition, next, end);
          await rows?.reach(partition, next, end);
        },
      },
      signal,
    );
    const projections = (await rows?.finish()) ?? [];
    return {
      ok: found.total() === 0 && unchecked.length === 0,
      ledger_id: ledgerId,
      partitions,
      findings: found.list,
      findings_total: found.total(),
      warnings: warned.list,
      projections,
      snapshots: snapshots?.ends.size ?? 0,
      unchecked,
      ms: Math.round(performance.now() - started),
    };
  } finally {
    await rows?.close();
  }
}

/** The audit of the rows, which Postgres may end at any moment: the audit of the log goes on without it. */
function createRowsAudit({ pool, ...cache }: Stores, unchecked: string[]) {
  let snapshot: Snapshot | null = null;
  let running: ProjectionAudit | null = null;
  let ranks: RedisAudit | null = null;

  async function attempt<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      running = null;
      unchecked.push(`the projections: ${messageOf(error)}`);
      return null;
    }
  }

  async function startRanks(generations: readonly Generation[], topic: string, note: Note): Promise<void> {
    try {
      ranks = await startRedisAudit({ ...cache, generations, topic, note });
    } catch (error) {
      unchecked.push(`the projections in Redis: ${messageOf(error)}`);
    }
  }

  return {
    start: (topic: string, note: Note) =>
      attempt(async () => {
        snapshot = await takeSnapshot(pool);
        if (snapshot.generations.length === 0) throw new Error('no generation is active: run ledger prepare');
        running = await startProjectionAudit(snapshot, topic, note);
        await startRanks(snapshot.generations, topic, note);
      }),
    add: (partition: number, event: PlacedEvent) => {
      running?.add(partition, event);
      ranks?.add(partition, event);
    },
    reach: async (partition: number, next: number, end: number) => {
      const audited = running;
      if (audited !== null) await attempt(() => audited.reach(partition, next, end));
    },
    finish: async (): Promise<readonly ProjectionReport[]> => {
      const audited = running;
      const compared = audited === null ? [] : ((await attempt(() => audited.finish())) ?? []);
      return [...compared, ...(ranks?.finish() ?? [])];
    },
    close: async () => snapshot?.close(),
  };
}
