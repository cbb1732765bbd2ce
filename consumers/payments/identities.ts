// Identities of the payment worker: all derived from the order, so that whoever does a job again asks for the same.
import { hash } from 'node:crypto';

/** The one attempt to take an order's payment. The gateway does what is asked under it once. */
export function attemptIdOf(orderId: string): string {
  return derivedUuid('ledger attempt_id 1', orderId);
}

/** Identity of a worker's command about an order. */
export function workerCommandId(type: string, orderId: string): string {
  return derivedUuid('ledger worker command_id 1', type, orderId);
}

/** Identity of the dead letter of a consumer about an order; parked again it is the same one. */
export function deadLetterIdOf(consumer: string, orderId: string): string {
  return derivedUuid('ledger dead_letter_id 1', consumer, orderId);
}

/** What stands for a worker's command where requests have the hash of their body. */
export function workerFingerprint(command: object): Uint8Array {
  return hash('sha256', JSON.stringify(command), 'buffer');
}

/** A UUIDv8 that the same words always give. */
export function derivedUuid(...words: readonly string[]): string {
  const bytes = Buffer.from(hash('sha256', JSON.stringify(words), 'buffer').subarray(0, 16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
