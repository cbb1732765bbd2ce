// One table says what every refusal is answered with; the documentation says the same, in both directions.
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { errorsDoc, errorsDocPath } from '../../src/http/errors-doc.ts';
import { isProblemCode, problemBody, problemOfRefusal, problems } from '../../src/http/problems.ts';

const contract: { readonly [status: number]: readonly string[] } = {
  400: ['malformed_json', 'idempotency_key_missing', 'idempotency_key_invalid', 'cursor_invalid'],
  401: ['unauthenticated'],
  403: ['forbidden'],
  404: ['not_found'],
  405: ['method_not_allowed'],
  409: ['out_of_stock', 'already_exists', 'would_go_below_held', 'repeated_order'],
  412: ['version_mismatch'],
  413: ['body_too_large'],
  415: ['unsupported_media_type'],
  422: [
    'validation_failed',
    'unknown_product',
    'product_archived',
    'mixed_currencies',
    'amount_too_large',
    'idempotency_key_reused',
    'not_cancellable',
    'not_payable',
  ],
  500: ['internal_error'],
  503: ['overloaded', 'writer_unavailable', 'projection_behind', 'dependency_down'],
};

test.each(Object.entries(contract).flatMap(([status, codes]) => codes.map((code) => [code, Number(status)] as const)))(
  '%s is answered %i',
  (code, status) => {
    expect(isProblemCode(code) && problems[code].status).toBe(status);
  },
);

test('every 503 says when to come back, and nothing else does', () => {
  for (const { status, retryAfterS } of Object.values(problems)) {
    expect(retryAfterS !== undefined).toBe(status === 503);
  }
});

describe('docs/errors.md', () => {
  test('is what the table says', async () => {
    expect(await readFile(errorsDocPath, 'utf8')).toBe(errorsDoc());
  });

  test('has a section for each code and no other', async () => {
    const text = await readFile(errorsDocPath, 'utf8');
    const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, name]) => name);
    expect(sections.sort()).toEqual(Object.keys(problems).sort());
  });
});

describe('a refusal of the writer', () => {
  test.each([
    ['unknown_product', 'body', 'unknown_product'],
    ['unknown_product', 'path', 'not_found'],
    ['unknown_order', 'body', 'not_found'],
    ['out_of_stock', 'body', 'out_of_stock'],
    ['version_mismatch', 'path', 'version_mismatch'],
    ['not_tracked', 'path', 'not_tracked'],
    ['too_late', 'body', 'writer_unavailable'],
    ['too_large', 'body', 'body_too_large'],
    ['poison', 'body', 'internal_error'],
    ['overloaded', 'body', 'internal_error'],
    ['constructor', 'body', 'internal_error'],
  ] as const)('%s about a product in the %s is %s', (reason, productIn, code) => {
    expect(problemOfRefusal(reason, productIn)).toBe(code);
  });
});

test('a problem carries what its occurrence knows, and no more', () => {
  const where = { instance: '/v1/orders', traceId: 'trace-12345' };
  const shortages = [{ product_id: 'a', requested: 2, available: 1 }];
  expect(problemBody('out_of_stock', { shortages, order_id: 'o' }, where)).toEqual({
    type: '/errors/out_of_stock',
    title: 'Not enough stock',
    status: 409,
    detail: 'Not enough stock.',
    instance: '/v1/orders',
    code: 'out_of_stock',
    trace_id: 'trace-12345',
    shortages,
    order_id: 'o',
  });
  expect(problemBody('overloaded', {}, where)).toHaveProperty('retry_after', 1);
});
