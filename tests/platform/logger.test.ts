// What a log line may hold: no secret, wherever it has got into, and never more than one line.
import { describe, expect, test } from '@jest/globals';
import { createLogger } from '../../src/platform/logger.ts';

const key = `ol_${'k'.repeat(43)}`;
const secret = 'hunter2-canary';

function linesOf(log: (logger: ReturnType<typeof createLogger>) => void): readonly string[] {
  const lines: string[] = [];
  log(createLogger({ logLevel: 'trace' }, { write: (line) => lines.push(line) }));
  return lines;
}

describe('a secret', () => {
  const failedAuth = Object.assign(new Error('ERR AUTH'), { command: { name: 'auth', args: ['default', secret] } });
  const ofUrl = (url: string) => new Error(`cannot connect to ${url}`);

  test.each<[string, object]>([
    ['under its own name', { authorization: secret }],
    ['in headers', { req: { headers: { authorization: secret, cookie: secret } } }],
    ['one level down', { body: { password: secret }, config: { databaseUrl: secret } }],
    ['in the address of a server', { at: `postgres://ledger:${secret}@127.0.0.1:5432/ledger` }],
    ['in the address of Redis, which has no user', { at: `redis://:${secret}@127.0.0.1` }],
    ['in the message of an error', { err: ofUrl(`http://u:${secret}@registry/subjects`) }],
    ['in the cause of an error', { err: new Error('away', { cause: ofUrl(`redis://u:${secret}@h`) }) }],
    ['in what a client hung onto its error', { err: failedAuth }],
    ['in what hangs onto a cause', { err: new Error('away', { cause: failedAuth }) }],
    ['behind the scheme of a header', { text: `Authorization: Bearer ${secret}` }],
    ['behind a scheme inside JSON', { text: JSON.stringify({ headers: [`basic ${secret}`] }) }],
  ])('%s is not logged', (_, fields) => {
    const [line = ''] = linesOf((logger) => logger.error(fields, 'it failed'));
    expect(line).toContain('"msg":"it failed"');
    expect(line).not.toContain(secret);
  });

  test('that is an API key is not logged, whatever it is called', () => {
    const lines = linesOf((logger) => logger.info({ note: `the key ${key}`, list: [key] }, key));
    expect(lines.join('')).not.toContain(key);
  });
});

test('text with line ends and escapes is one line of JSON', () => {
  const text = 'a\r\n{"level":60,"msg":"forged"}\u001b[2J\u0000';
  const lines = linesOf((logger) => logger.warn({ text, err: new Error(text) }, text));
  expect(lines).toHaveLength(1);
  expect(lines[0]?.trimEnd()).not.toMatch(/\p{Cc}/u);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 40, msg: text, text });
});

test('an error tells its name, message, code, stack and causes', () => {
  const cause = Object.assign(new TypeError('inner'), { code: 'EINNER' });
  const [line = ''] = linesOf((logger) => logger.error({ err: new Error('outer', { cause }) }, 'failed'));
  expect(JSON.parse(line)).toMatchObject({
    err: {
      type: 'Error',
      message: 'outer',
      stack: expect.stringContaining('logger.test.ts'),
      cause: { type: 'TypeError', message: 'inner', code: 'EINNER' },
    },
  });
});
