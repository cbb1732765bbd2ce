// What an append's error means. One that is called certain and is not would lose or double an order.
import { describe, expect, test } from '@jest/globals';
import { appendError, protocolType, requestError } from '../../src/log/kafka/errors.ts';

const certain = ['UNKNOWN_TOPIC_OR_PARTITION', 'TOPIC_AUTHORIZATION_FAILED', 'INVALID_RECORD', 'CORRUPT_MESSAGE'];
const uncertain = [
  'REQUEST_TIMED_OUT',
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'KAFKA_STORAGE_ERROR',
  'UNKNOWN',
  'UNKNOWN_SERVER_ERROR',
  'NETWORK_EXCEPTION',
];

describe('an append that failed', () => {
  test.each(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])('%s is too large', (type) => {
    expect(appendError(protocolError(type), 1).code).toBe('too_large');
  });

  test.each(certain)('%s is rejected', (type) => {
    expect(appendError(protocolError(type), 1).code).toBe('rejected');
  });

  test.each(uncertain)('%s may have landed', (type) => {
    expect(appendError(protocolError(type), 1).code).toBe('unknown');
  });

  test.each([...certain, 'MESSAGE_TOO_LARGE'])('%s of one of two batches says nothing of the other', (type) => {
    expect(appendError(protocolError(type), 2).code).toBe('unknown');
  });

  test.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE'])('%s comes after the request as well as before it', (code) => {
    expect(appendError(Object.assign(new Error('Connection error'), { code }), 1).code).toBe('unknown');
  });

  test('is judged by its cause where retries wrapped it', () => {
    const wrapped = new Error('retries exceeded', {
      cause: new Error('again', { cause: protocolError('INVALID_RECORD') }),
    });
    expect(protocolType(wrapped)).toBe('INVALID_RECORD');
    expect(appendError(wrapped, 1)).toMatchObject({ code: 'rejected', cause: wrapped });
  });
});

describe('a question that failed', () => {
  test('is unavailable, unless the broker refuses it for good', () => {
    expect(requestError(new Error('no answer'), 'ends of t').code).toBe('unavailable');
    expect(requestError(protocolError('UNKNOWN_TOPIC_OR_PARTITION'), 'ends of t').code).toBe('rejected');
    expect(requestError('a text', 'ends of t').message).toBe('ends of t: a text');
  });
});

function protocolError(type: string): Error {
  return Object.assign(new Error(`the broker said ${type}`), { name: 'KafkaJSProtocolError', type });
}
