// The rooms import only along the arrows: the table of tests/support/rooms.ts, held against every file.
import { describe, expect, test } from '@jest/globals';
import { filesUnder, textOf } from './support/repository.ts';
import { faultsOf, rooms } from './support/rooms.ts';

describe('the rooms', () => {
  const files = filesUnder('').filter((path) => path.endsWith('.ts'));

  test('are all there to be judged', () => {
    const empty = ['schemas/', 'src/log/', 'src/platform/', 'projections/', 'tests/'].filter(
      (folder) => !files.some((file) => file.startsWith(folder)),
    );
    expect(empty).toEqual([]);
    expect(new Set(rooms.map(({ folder }) => folder)).size).toBe(rooms.length);
  });

  test('import only what they may', () => {
    expect(files.flatMap((path) => faultsOf(path, textOf(path)))).toEqual([]);
  });
});

// A detector that cannot detect is worth nothing: each line is a file that must be refused, and why.
const refused: readonly (readonly [path: string, text: string, fault: RegExp])[] = [
  ['schemas/a.ts', "import { decide } from '../src/domain/decider.ts';", /src\/domain\/decider\.ts/],
  ['schemas/a.ts', "export * from '../projections/views.ts';", /projections\/views\.ts/],
  ['src/domain/a.ts', "import { released } from '../../schemas/generated.ts';", /only types/],
  ['src/domain/a.ts', "import { type Money, released } from '../../schemas/generated.ts';", /only types/],
  ['src/domain/a.ts', "export { released } from '../../schemas/generated.ts';", /only types/],
  ['src/domain/a.ts', "import type { Log } from '../log/port.ts';", /src\/log\/port\.ts/],
  ['src/domain/a.ts', "type Log = import('../log/port.ts').Log;", /src\/log\/port\.ts/],
  ['src/domain/a.ts', "import { hash } from 'node:crypto';", /no packages/],
  ['src/domain/a.ts', "import type { Pool } from 'pg';", /no packages/],
  ['src/domain/a.ts', "const path = 'node:os'; const os = import(path);", /no packages/],
  ['src/domain/a.ts', 'export const now = () => Date.now();', /uses Date/],
  ['src/domain/a.ts', 'export const now = () => new Date();', /uses Date/],
  ['src/domain/a.ts', 'export const at = { Date };', /uses Date/],
  ['src/domain/a.ts', 'export const id = () => Math.random();', /uses random/],
  ['src/domain/a.ts', 'const { random } = Math;', /Math as a value/],
  ['src/domain/a.ts', 'export class Moment extends Date {}', /uses Date/],
  ['src/domain/a.ts', 'export const at = performance.now();', /uses performance/],
  ['src/domain/a.ts', "export const zone = process.env['TZ'];", /uses process/],
  ['src/domain/a.ts', 'export async function decide() {}', /async or await/],
  ['src/domain/a.ts', 'names.sort((a, b) => a.localeCompare(b));', /localeCompare/],
  ['src/domain/a.ts', 'setTimeout(expire, 10);', /setTimeout/],
  ['src/log/a.ts', "import { createApp } from '../http/app.ts';", /src\/http\/app\.ts/],
  ['src/log/a.ts', "import type { Views } from '../../projections/views.ts';", /projections\/views\.ts/],
  ['src/log/writer.ts', "import { Kafka } from 'kafkajs';", /only src\/log\/kafka\//],
  ['src/log/writer.ts', "const k = require('kafkajs/src/producer');", /only src\/log\/kafka\//],
  ['consumers/a.ts', "import type { Admin } from 'kafkajs';", /only src\/log\/kafka\//],
  ['src/http/a.ts', "import { decide } from '../domain/decider.ts';", /src\/domain/],
  ['src/http/a.ts', "import { counts } from '../log/journal.ts';", /src\/log\/journal\.ts/],
  ['src/http/a.ts', "import { project } from '../../projections/stock/project.ts';", /stock\/project\.ts/],
  ['src/http/a.ts', "import { sink } from '../../projections/sinks/deep/queries.ts';", /deep\/queries\.ts/],
  ['src/platform/a.ts', "import type { Money } from '../../schemas/generated.ts';", /schemas\/generated\.ts/],
  ['src/platform/metrics.ts', "const level = process.env['LOG_LEVEL'];", /reads the environment/],
  ['src/http/a.ts', 'const { env } = process;', /reads the environment/],
  ['consumers/a.ts', "import { env } from 'node:process';", /reads the environment/],
  ['src/cli/a.ts', 'export const all = globalThis.process.env;', /reads the environment/],
  ['src/cli/a.ts', "import { startStack } from '../../stack/stack.ts';", /stack\/stack\.ts/],
  ['projections/a.ts', "import { counts } from '../src/log/journal.ts';", /src\/log\/journal\.ts/],
  ['projections/a.ts', "const app = await import('../src/http/app.ts');", /src\/http\/app\.ts/],
  ['consumers/a.ts', "import { main } from '../src/cli/main.ts';", /src\/cli\/main\.ts/],
  ['consumers/a.ts', "import { eventually } from '../tests/support/servers.ts';", /tests\/support/],
  ['attic/a.ts', 'export const forgotten = true;', /in no room/],
];

const welcome: readonly (readonly [path: string, text: string])[] = [
  ['schemas/a.ts', "import avro from 'avsc'; import { join } from 'node:path'; import { b } from './b.ts';"],
  ['src/domain/a.ts', "import type { Money } from '../../schemas/generated.ts'; import { add } from './money.ts';"],
  ['src/domain/a.ts', "export const next = { process: order.Date, max: Math.max(1, 2), Date: 'text' };"],
  ['src/domain/a.ts', 'export interface Step { process(at: Date): Promise<void> }'],
  ['src/log/a.ts', "import { decide } from '../domain/decider.ts'; import { released } from '../../schemas/codec.ts';"],
  ['src/log/kafka/a.ts', "import { Kafka } from 'kafkajs';"],
  [
    'src/http/a.ts',
    "import { LogError } from '../log/port.ts'; import type { LedgerClient } from '../log/client-port.ts';",
  ],
  ['src/http/routes/a.ts', "import { orders } from '../../../projections/order-state/queries.ts';"],
  ['src/platform/config.ts', 'export const env = process.env;'],
  ['src/platform/a.ts', "process.once('SIGTERM', stop); const env = options.env;"],
  ['consumers/a.ts', "import { createWriter } from '../src/log/writer.ts'; import '../projections/registry.ts';"],
  ['src/cli/a.ts', "import { startProjector } from '../../consumers/projector.ts';"],
  ['tests/a.ts', "import { Kafka } from 'kafkajs'; const url = process.env['DATABASE_URL'];"],
];

describe('the judge of the rooms', () => {
  test.each(refused)('refuses in %s: %s', (path, text, fault) => {
    expect(faultsOf(path, text).join('\n')).toMatch(fault);
  });

  test.each(welcome)('has nothing against %s: %s', (path, text) => {
    expect(faultsOf(path, text)).toEqual([]);
  });
});
