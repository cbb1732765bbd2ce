// One look at a running ledger from outside: ends, progress, checkpoints and group members. No process is asked, and
// none has to write anything down for it.
import type { Pool } from 'pg';
import { activeGenerations } from '../../../projections/generations.ts';
import { LedgerAlarm } from '../../log/alarm.ts';
import { apiGroup } from '../../log/client.ts';
import type { GroupAdmin, GroupMember } from '../../log/kafka/group-admin.ts';
import type { Ends } from '../../log/port.ts';
import { lastEvent } from '../../log/progress.ts';
import type { Reading } from '../../log/reading.ts';
import type { Config } from '../../platform/config.ts';
import { groupsOf } from '../groups.ts';
import { messageOf } from '../message.ts';
import type { LogParts } from '../parts.ts';
import type { RoleName } from '../roles.ts';

export interface PartitionLook {
  readonly partition: number;
  /** Where the commands end. */
  readonly commands: number;
  /** The command that is next to be decided; null where the journal does not tell. */
  readonly decided: number | null;
  /** Where the journal ends. */
  readonly events: number;
  /** Next event to apply, by projection. */
  readonly projected: ReadonlyMap<string, number>;
  /** Why the journal does not tell. */
  readonly error: string | null;
}

export interface Look {
  /** ms since the epoch, by this machine's clock */
  readonly at: number;
  readonly members: { readonly [role in RoleName]: readonly GroupMember[] };
  readonly partitions: readonly PartitionLook[];
  /** Why there are no checkpoints; null where there are. */
  readonly postgres: string | null;
}

export interface Watched extends Pick<LogParts, 'log' | 'topics'> {
  readonly config: Pick<Config, 'topicPrefix'>;
  readonly reading: Reading;
  readonly groups: GroupAdmin;
  readonly pool: Pool;
}

type Decided = Pick<PartitionLook, 'decided' | 'error'>;
type Checkpoints = ReadonlyMap<number, ReadonlyMap<string, number>>;

const nothing: Ends = { low: 0, high: 0 };

/** Makes the function that looks. It reads only what was appended since the last look. */
export function createLook(watched: Watched): (signal: AbortSignal) => Promise<Look> {
  const { log, topics, reading } = watched;
  const known = new Map<number, { readonly high: number; readonly answer: Decided }>();

  async function decidedOf(partition: number, ends: Ends, signal: AbortSignal): Promise<Decided> {
    const before = known.get(partition);
    if (before?.high === ends.high) return before.answer;
    const answer = await readDecided(partition, ends, signal);
    known.set(partition, { high: ends.high, answer });
    return answer;
  }

  async function readDecided(partition: number, ends: Ends, signal: AbortSignal): Promise<Decided> {
    try {
      const last = await lastEvent({ log, topic: topics.events, reading }, partition, ends, signal);
      if (last === null)
        return { decided: null, error: `partition ${partition}: the journal has no event that counts` };
      return { decided: last.meta.command_offset + 1, error: null };
    } catch (error) {
      if (error instanceof LedgerAlarm) return { decided: null, error: error.message };
      throw error;
    }
  }

  return async (signal) => {
    // In this order nothing can be ahead of what it follows.
    const [members, { checkpoints, postgres }] = await Promise.all([membersOf(watched), checkpointsOf(watched.pool)]);
    const journal = await log.ends(topics.events);
    const commands = await log.ends(topics.commands);
    const partitions = [...journal].map(async ([partition, ends]) => ({
      partition,
      commands: (commands.get(partition) ?? nothing).high,
      events: ends.high,
      projected: checkpoints.get(partition) ?? new Map<string, number>(),
      ...(await decidedOf(partition, ends, signal)),
    }));
    return { at: Date.now(), members, partitions: await Promise.all(partitions), postgres };
  };
}

async function membersOf({ groups, topics, config }: Watched): Promise<Look['members']> {
  const { writer, projector, payments } = groupsOf(config.topicPrefix);
  const [asked, answering] = await Promise.all([
    groups.members([writer], topics.commands),
    groups
      .list(apiGroup(topics.events, ''))
      .then((api) => groups.members([projector, payments, ...api], topics.events)),
  ]);
  const api = [...answering].filter(([group]) => ![projector, payments].includes(group)).flatMap(([, all]) => all);
  const workers = answering.get(payments) ?? [];
  return { api, writer: asked.get(writer) ?? [], projector: answering.get(projector) ?? [], workers };
}

/** Without Postgres there is still the log to look at. */
async function checkpointsOf(pool: Pool): Promise<{ checkpoints: Checkpoints; postgres: string | null }> {
  try {
    const checkpoints = new Map<number, Map<string, number>>();
    const active = await activeGenerations(pool);
    const { rows } = await pool.query<{ projection: string; generation: number; partition: number; next: number }>(
      'SELECT projection, generation, partition, next_offset AS next FROM ledger.checkpoints',
    );
    for (const { projection, generation } of active) {
      for (const row of rows.filter((one) => one.projection === projection && one.generation === generation)) {
        const own = checkpoints.get(row.partition) ?? new Map<string, number>();
        checkpoints.set(row.partition, own.set(projection, row.next));
      }
    }
    return { checkpoints, postgres: null };
  } catch (error) {
    return { checkpoints: new Map(), postgres: messageOf(error) };
  }
}
