// CLI room: what to do about generations that this build may not go on with. A replay is recommended only where the journal
// holds events that the projection looks at; where it holds none, there is nothing to replay.
import type { Pool } from 'pg';
import { activeGenerations, definitionHash } from '../../../projections/generations.ts';
import type { Generation } from '../../../projections/generations.ts';
import { shipped } from '../../../projections/registry.ts';
import type { Projection } from '../../../projections/projection.ts';
import { counts } from '../../log/journal.ts';
import type { Log } from '../../log/port.ts';
import type { Reading } from '../../log/reading.ts';
import type { Logger } from '../../platform/logger.ts';

export interface AdviceSources {
  readonly log: Pick<Log, 'read' | 'ends'>;
  /** Topic of the events. */
  readonly topic: string;
  readonly reading: Pick<Reading, 'head' | 'event'>;
  readonly pool: Pool;
  readonly logger: Pick<Logger, 'error' | 'warn'>;
}

/** Looks beside a role that works; ends with it. */
export function withAdvice<T extends { stop(): Promise<void> }>(sources: AdviceSources, role: T): T {
  const ending = new AbortController();
  const advice = adviseReplays(sources, ending.signal);
  const stop = async (): Promise<void> => {
    ending.abort(new Error('the service ends'));
    await Promise.all([advice, role.stop()]);
  };
  return { ...role, stop };
}

/** Says for each active generation of another definition which replay to run. Never rejects. */
async function adviseReplays(sources: AdviceSources, signal: AbortSignal): Promise<void> {
  try {
    for (const { generation, projection } of await changedGenerations(sources.pool)) {
      const found = await firstEvent(sources, projection, signal);
      sources.logger.error({ projection: projection.name }, adviceFor(generation, projection, found));
    }
  } catch (err) {
    if (!signal.aborted) sources.logger.warn({ err }, 'which replays are due could not be told');
  }
}

/** What to do about one; `found` is the type of an event that it looks at, null where the journal has none. */
export function adviceFor(
  { generation, version }: Pick<Generation, 'generation' | 'version'>,
  { name, version: now }: Pick<Projection, 'name' | 'version'>,
  found: string | null,
): string {
  const what = `${name} is not projected: generation ${generation} was built by another definition (version ${version}, now ${now})`;
  if (found === null) return `${what}; the journal has no event that it looks at, so run: ledger prepare`;
  return `${what}; run: ledger replay start ${name} --activate`;
}

async function changedGenerations(
  pool: Pool,
): Promise<readonly { readonly generation: Generation; readonly projection: Projection }[]> {
  const changed: { generation: Generation; projection: Projection }[] = [];
  for (const generation of await activeGenerations(pool)) {
    const one = shipped.find(({ projection }) => projection.name === generation.projection);
    if (one === undefined || (await definitionHash(one)) === generation.definitionHash) continue;
    changed.push({ generation, projection: one.projection });
  }
  return changed;
}

/** The type of the first event that a projection looks at, in any partition; null where there is none. */
async function firstEvent(
  { log, topic, reading }: AdviceSources,
  projection: Projection,
  signal: AbortSignal,
): Promise<string | null> {
  let found: string | null = null;
  for (const [partition, { low, high }] of await log.ends(topic)) {
    const enough = new AbortController();
    const both = AbortSignal.any([signal, enough.signal]);
    try {
      await log.read(
        { topic, partition, from: low, to: high },
        async (records) => {
          for (const record of records) {
            if (!counts(record) || found !== null) continue;
            const { type } = reading.head(record) ?? (await reading.event(partition, record, both));
            if (isLookedAt(projection, type)) found = type;
          }
          if (found !== null) enough.abort(new Error('one is enough'));
        },
        both,
      );
    } catch (error) {
      if (!enough.signal.aborted) throw error;
    }
    if (found !== null) break;
  }
  return found;
}

function isLookedAt({ events }: Projection, type: string): boolean {
  if (events === undefined) return type !== 'LedgerOpened';
  return events.some((one) => one === type);
}
