// What kafkajs throws, as the port names it. An append whose fate is not certain is always `unknown`.
import { LogError } from '../port.ts';

const tooLarge = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);
const rejected = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'CORRUPT_MESSAGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'INVALID_REQUIRED_ACKS',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'POLICY_VIOLATION',
]);

/**
 * Why an append failed. Only a broker's own refusal of the only batch is certain: a connection that failed may have
 * carried the request, and of several batches the others may have landed.
 */
export function appendError(error: unknown, batches: number): LogError {
  const type = protocolType(error);
  const message = `append: ${messageOf(error)}`;
  if (type !== undefined && batches === 1) {
    if (tooLarge.has(type)) return new LogError('too_large', message, { cause: error });
    if (rejected.has(type)) return new LogError('rejected', message, { cause: error });
  }
  return new LogError('unknown', message, { cause: error });
}

/** Why a question to Kafka was not answered. */
export function requestError(error: unknown, what: string): LogError {
  if (error instanceof LogError) return error;
  const type = protocolType(error);
  const code = type !== undefined && rejected.has(type) ? 'rejected' : 'unavailable';
  return new LogError(code, `${what}: ${messageOf(error)}`, { cause: error });
}

export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Name of the broker's error, also where retries wrapped it. */
export function protocolType(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('type' in at && typeof at.type === 'string') return at.type;
  }
  return undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
