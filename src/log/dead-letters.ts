// Poison is copied to the dead letters before its refusal is appended. The copy is keyed by its place, so that a second
// one is harmless; the original stays in the commands topic for ever.
import type { QueuedCommand } from './batch.ts';
import type { OutgoingRecord } from './port.ts';

/** The copy of a command that was refused as poison, or on which the decider failed. */
export function deadLetter(partition: number, command: QueuedCommand, why: string): OutgoingRecord {
  const place = `${partition}:${command.offset}`;
  const value = command.kind === 'hole' ? null : command.bytes;
  return { key: place, value, headers: { position: Buffer.from(place), reason: Buffer.from(why) } };
}

/** The same copy, where it does not fit into the topic: people find the bytes at its position. */
export function withoutBytes(letter: OutgoingRecord): OutgoingRecord {
  return { ...letter, value: null };
}
