// When a simulated ledger is at rest: every command has its outcome, and every message that an event sends was taken.
import type { Codec } from '../../schemas/codec.ts';
import * as decider from '../../src/domain/decider.ts';
import type { Log } from '../../src/log/port.ts';
import { countedEvents } from './checker.ts';

interface Seen {
  end: number;
  decided: number;
  sent: number;
  taken: number;
}

/** Makes a question that reads only what is new since it was asked last. */
export function createAtRest(
  { log, codec }: { readonly log: Log; readonly codec: Codec },
  topics: { readonly commands: string; readonly events: string },
): () => Promise<boolean> {
  const partitions = new Map<number, Seen>();

  async function read(partition: number, seen: Seen, to: number): Promise<void> {
    await log.read({ topic: topics.events, partition, from: seen.end, to }, (page) => {
      for (const { offset, event } of countedEvents(page, codec)) {
        const { source, index, command_offset } = event.meta;
        seen.decided = command_offset;
        seen.sent += decider.messagesOf({ ...event, offset }).length;
        if (source !== null && index === 0 && event.type !== 'CommandRepeated') seen.taken += 1;
      }
    });
    seen.end = to;
  }

  return async () => {
    const commands = await log.ends(topics.commands);
    let [sent, taken] = [0, 0];
    let isDecided = true;
    for (const [partition, { high }] of await log.ends(topics.events)) {
      const seen = partitions.get(partition) ?? { end: 0, decided: -1, sent: 0, taken: 0 };
      partitions.set(partition, seen);
      await read(partition, seen, high);
      sent += seen.sent;
      taken += seen.taken;
      isDecided &&= seen.decided === (commands.get(partition)?.high ?? 0) - 1;
    }
    return isDecided && sent === taken;
  };
}
