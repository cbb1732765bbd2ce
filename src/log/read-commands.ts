// From what lies in the commands topic to what a writer decides.
import type { QueuedCommand } from './batch.ts';
import type { LogRecord } from './port.ts';
import type { Reading } from './reading.ts';

/** Reads records as commands; what lies before one that must not be decided is decided first. */
export async function readCommands(
  reading: Reading,
  partition: number,
  records: readonly LogRecord[],
  signal: AbortSignal,
): Promise<QueuedCommand[]> {
  const commands: QueuedCommand[] = [];
  for (const record of records) {
    try {
      const { offset, at, key, value: bytes, hole } = record;
      const read = hole ? null : reading.command(partition, record, signal);
      const known = read instanceof Promise ? await read : read;
      if (known === null) commands.push({ kind: 'hole', offset });
      else
        commands.push(
          known.kind === 'command' ? { ...known, offset, at, key, bytes } : { ...known, offset, at, bytes },
        );
    } catch (error) {
      if (commands.length === 0) throw error;
      break;
    }
  }
  return commands;
}
