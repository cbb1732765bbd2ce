// The commands of one partition beside its journal: what lies at an offset, asked in rising order.
import { LedgerAlarm } from '../../log/alarm.ts';
import type { Log, LogRecord } from '../../log/port.ts';
import type { Reading } from '../../log/reading.ts';
import type { CommandAt } from './judge.ts';
import { pagesOf } from '../pages.ts';

export interface CommandsBeside {
  /** What lies at an offset; null behind the end, and for an offset below one that was asked for before. */
  at(offset: number): Promise<CommandAt | null>;
  close(): Promise<void>;
}

/** Opens the commands `[from, to)` of a partition. Reads nothing before it is asked. */
export function openCommands(
  { log, reading }: { readonly log: Log; readonly reading: Reading },
  range: Parameters<Log['read']>[0],
  signal: AbortSignal,
): CommandsBeside {
  const pages = pagesOf(log, range, signal);
  let page: readonly LogRecord[] = [];
  let index = 0;
  let last: { readonly offset: number; readonly found: CommandAt | null } = { offset: -1, found: null };

  /** The first record at or behind an offset; null where there is none. */
  async function seek(offset: number): Promise<LogRecord | null> {
    for (;;) {
      while (index < page.length) {
        const record = page[index];
        if (record !== undefined && record.offset >= offset) return record;
        index += 1;
      }
      const next = await pages.next();
      if (next.done === true) return null;
      page = next.value;
      index = 0;
    }
  }

  async function find(offset: number): Promise<CommandAt | null> {
    if (offset < Math.max(range.from, last.offset) || offset >= range.to) return null;
    const record = await seek(offset);
    if (record?.offset !== offset || record.hole) return { kind: 'hole' };
    return read(record);
  }

  async function read(record: LogRecord): Promise<CommandAt> {
    try {
      const known = await reading.command(range.partition, record, signal);
      if (known.kind === 'poison') return { kind: 'poison', at: record.at };
      return { kind: 'command', at: record.at, record: known.record };
    } catch (error) {
      if (error instanceof LedgerAlarm && error.code === 'unknown_type') return { kind: 'unknown' };
      throw error;
    }
  }

  return {
    at: async (offset) => {
      if (offset !== last.offset) last = { offset, found: await find(offset) };
      return last.found;
    },
    close: async () => {
      await pages.return();
    },
  };
}
