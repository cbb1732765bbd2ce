// Credentials: what the cache may say without Postgres, and for how long.
import { describe, expect, test } from '@jest/globals';
import type { ApiKey } from '../../src/http/api-keys.ts';
import { hashOf } from '../../src/http/api-keys.ts';
import { bearerToken, createCredentials } from '../../src/http/auth.ts';

const token = (letter: string) => `ol_${letter.repeat(43)}`;
const keyOf = (letter: string, members: Partial<ApiKey> = {}): ApiKey & { hash: Buffer } => ({
  key_id: letter,
  name: 'test',
  role: 'operator',
  customer_id: `key-${letter}`,
  prefix: token(letter).slice(0, 8),
  scopes: [],
  created_at: new Date(0),
  expires_at: null,
  revoked_at: null,
  last_used_at: null,
  hash: hashOf(token(letter)),
  ...members,
});

function world(keys: readonly (ApiKey & { hash: Buffer })[], max = 10) {
  const state = { now: 0, asked: 0, up: true, keys: [...keys] };
  const credentials = createCredentials({
    credentialCacheMs: 60_000,
    credentialCacheMax: max,
    now: () => state.now,
    find: (hash) => {
      state.asked += 1;
      if (!state.up) return Promise.reject(new Error('Postgres is away'));
      return Promise.resolve(state.keys.find((key) => key.hash.equals(hash)) ?? null);
    },
  });
  return { state, verify: async (letter: string) => credentials.verify(token(letter)) };
}

describe('a credential', () => {
  test('is asked for once and then trusted for a while, also while Postgres is away', async () => {
    const { state, verify } = world([keyOf('a')]);
    expect(await verify('a')).toMatchObject({ principal: 'key:a', customerId: 'key-a' });
    state.up = false;
    state.now = 59_999;
    expect(await verify('a')).not.toBeNull();
    expect(state.asked).toBe(1);
    state.now = 60_000;
    await expect(verify('a')).rejects.toMatchObject({ code: 'dependency_down' });
  });

  test('that Postgres cannot confirm lets nobody in', async () => {
    const { state, verify } = world([keyOf('a')]);
    state.up = false;
    await expect(verify('a')).rejects.toMatchObject({ code: 'dependency_down' });
  });

  test('is asked for again when its trust is over, and is gone when it was revoked', async () => {
    const { state, verify } = world([keyOf('a')]);
    await verify('a');
    state.keys = [];
    state.now = 60_001;
    expect(await verify('a')).toBeNull();
  });

  test('is not trusted beyond its own end', async () => {
    const { state, verify } = world([keyOf('a', { expires_at: new Date(1_000) })]);
    await verify('a');
    state.keys = [];
    state.now = 1_000;
    expect(await verify('a')).toBeNull();
  });

  test('that is unknown is not asked for again at once, and works a second after it was made', async () => {
    const { state, verify } = world([]);
    expect(await verify('a')).toBeNull();
    expect(await verify('a')).toBeNull();
    expect(state.asked).toBe(1);
    state.keys = [keyOf('a')];
    state.now = 1_001;
    expect(await verify('a')).not.toBeNull();
  });

  test('is asked for once by many requests at the same time', async () => {
    const { state, verify } = world([keyOf('a')]);
    await Promise.all(Array.from({ length: 100 }, () => verify('a')));
    expect(state.asked).toBe(1);
  });

  test('of no key of ours is refused without asking', async () => {
    const { state } = world([]);
    const credentials = createCredentials({
      credentialCacheMs: 1,
      credentialCacheMax: 1,
      now: () => 0,
      find: () => Promise.reject(new Error('asked')),
    });
    for (const text of ['', 'ol_', `ol_${'a'.repeat(42)}`, `ol_${'a'.repeat(44)}`, `xx_${'a'.repeat(43)}`]) {
      expect(await credentials.verify(text)).toBeNull();
    }
    expect(state.asked).toBe(0);
  });

  test('the cache is bounded', async () => {
    const letters = [...'abcdef'];
    const { state, verify } = world(
      letters.map((letter) => keyOf(letter)),
      3,
    );
    for (const letter of letters) await verify(letter);
    expect(state.asked).toBe(6);
    await verify('f');
    expect(state.asked).toBe(6);
    await verify('a');
    expect(state.asked).toBe(7);
  });
});

test.each([
  ['admin', [], ['audits', 'customers', 'dead-letters', 'orders', 'products', 'read', 'replays']],
  ['operator', [], ['customers', 'dead-letters', 'orders', 'products', 'read', 'replays']],
  ['operator', ['read'], ['read']],
  ['service', [], ['customers', 'orders', 'read']],
  ['service', ['products', 'orders'], ['orders']],
  ['unheard-of', [], []],
  ['constructor', [], []],
])('a %s with the scopes %j may %j', async (role, scopes, may) => {
  const { verify } = world([keyOf('a', { role, scopes })]);
  expect([...((await verify('a'))?.may ?? [])].sort()).toEqual(may);
});

test.each([
  undefined,
  '',
  'Bearer',
  'Bearer ',
  'Basic abc',
  'Bearer a b',
  `Bearer ${'x'.repeat(513)}`,
  'Bearer a\u0000',
])('%p carries no token', (header) => {
  expect(() => bearerToken(header)).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
});
