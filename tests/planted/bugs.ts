// Bugs that must not get through: each is planted in a copy of the sources, and the test that it names must fail there.
import type { PlantedBug } from './catchers.ts';
import { jest, simulation, unit } from './catchers.ts';
import { messageBugs } from './message-bugs.ts';
import { networkBugs } from './network-bugs.ts';
import { processBugs } from './process-bugs.ts';
import { snapshotBugs } from './snapshot-bugs.ts';
import { viewBugs } from './view-bugs.ts';

const append =
  'const landed = await work.connection.append(eventsTopic, new Map([[journal.partition, batch.records]]));';

const protocol: readonly PlantedBug[] = [
  {
    name: 'the stated offset is ignored',
    file: 'src/log/journal.ts',
    find: 'return statedOffset(header) === record.offset;',
    replace: 'return statedOffset(header) >= 0;',
    caughtBy: simulation,
  },
  {
    name: 'an append that landed elsewhere is taken for good',
    file: 'src/log/writer.ts',
    find: 'if (base === end) {',
    replace: 'if (base !== undefined && base >= end) {',
    caughtBy: simulation,
  },
  {
    name: 'success is told before the append stood',
    file: 'src/log/writer.ts',
    find: append,
    replace: `events.appended({ partition: journal.partition, base: end, commands: batch.commands, events: batch.events, ms: 0 });
    ${append}`,
    caughtBy: simulation,
  },
  {
    name: 'commands are decided on the state itself, not on an overlay',
    file: 'src/log/batch.ts',
    find: 'context.decider.decide(overlay,',
    replace: 'context.decider.decide(context.journal.state(),',
    caughtBy: simulation,
  },
  {
    name: 'the overlay of a failed append is kept',
    file: 'src/log/writer.ts',
    find: '    events.doubt(error);\n  }\n  await settleDoubt(work);',
    replace:
      '    events.doubt(error);\n    work.options.decider.settle(batch.overlay);\n  }\n  await settleDoubt(work);',
    caughtBy: simulation,
  },
  {
    name: 'the next batch is decided before the answer to the first',
    file: 'src/log/writer.ts',
    find: append,
    replace: `work.connection.append(eventsTopic, new Map([[journal.partition, batch.records]])).catch(events.doubt);
    const landed = new Map([[journal.partition, { baseOffset: end }]]);`,
    caughtBy: simulation,
  },
  {
    name: 'whoever is in doubt decides again without reading the journal',
    file: 'src/log/writer.ts',
    find: '  await settleDoubt(work);\n}',
    replace: '}',
    caughtBy: unit('tests/log/writer.test.ts', 'behind another writer is void'),
  },
  {
    name: 'the first record of each place counts, not the stated one',
    file: 'src/log/partition-journal.ts',
    find: '      if (counts(record)) {\n',
    replace: '      if (counts(record) || mayFollow(last, (await reading.event(partition, record, signal)).meta)) {\n',
    caughtBy: simulation,
  },
  {
    name: 'a rebuild stops one record early',
    file: 'src/log/partition-journal.ts',
    find: 'from: end, to: high }',
    replace: 'from: end, to: high - 1 }',
    caughtBy: unit('tests/log/recovery.test.ts', 'a take-over goes on'),
  },
  {
    name: 'a rebuild ends inside a command',
    file: 'src/log/partition-journal.ts',
    find: 'if (last === null || !isWhole(last)) throw',
    replace: 'if (last === null) throw',
    caughtBy: unit('tests/log/recovery.test.ts', 'it is an alarm when the journal ends inside a command'),
  },
  {
    name: "progress is taken from the group's offset",
    file: 'src/log/recovery.ts',
    find: 'return options.journal.progress() + 1;',
    replace: 'return committed ?? options.journal.progress() + 1;',
    caughtBy: unit('tests/log/recovery.test.ts', 'behind the journal, whatever the group says'),
  },
  {
    name: 'a take-over does not look at the last command',
    file: 'src/log/recovery.ts',
    find: 'read.record.meta.command_id !== last.command_id',
    replace: 'read.record.meta.command_id === null',
    caughtBy: unit('tests/log/recovery.test.ts', 'it is an alarm when another command lies there'),
  },
  {
    name: 'a command of a newer release is refused as poison',
    file: 'src/log/reading.ts',
    find: "throw foreignRecord(partition, 'command', record, decoded.name)",
    replace: "return { kind: 'poison', why: decoded.name }",
    caughtBy: unit('tests/log/reading.test.ts', 'a record type of a later release stops the partition'),
  },
  {
    name: 'an outage of the registry makes a command poison',
    file: 'src/log/reading.ts',
    find: 'await pace.sleep(registryRetryMs, signal);',
    replace: "return { kind: 'malformed', why: 'the registry is away' };",
    caughtBy: unit('tests/log/reading.test.ts', 'is asked again until the registry is back'),
  },
  {
    name: 'poison is skipped without an outcome',
    file: 'src/log/batch.ts',
    find: '    if (decided > 0 && context.now() - started > limits.msMax) break;\n',
    replace: "    if (command.kind === 'poison') {\n      decided += 1;\n      continue;\n    }\n",
    caughtBy: simulation,
  },
  {
    name: 'log time runs backwards',
    file: 'src/log/batch.ts',
    find: 'Math.max(time, command.at)',
    replace: 'command.at',
    caughtBy: unit('tests/log/batch.test.ts', 'has log time that never runs backwards'),
  },
  {
    name: 'the events of one command are split over two batches',
    file: 'src/log/batch.ts',
    find: '    outcome.events.forEach((event, i) => {\n',
    replace: '    outcome.events.forEach((event, i) => {\n      if (records.length >= 3) return;\n',
    caughtBy: simulation,
  },
  {
    name: 'void records answer callers',
    file: 'src/log/client.ts',
    find: '!answersAt(record, me) || !counts(record)',
    replace: '!answersAt(record, me)',
    caughtBy: unit('tests/log/client.test.ts', 'nothing from void records'),
  },
  {
    name: 'a command of this process is decided although others lie before it',
    file: 'src/log/writer.ts',
    find: 'if (records[known]?.offset === next) enqueue(records);',
    replace: 'enqueue(records);',
    caughtBy: simulation,
  },
  {
    name: 'a command is taken from this process and from the broker',
    file: 'src/log/writer.ts',
    find: 'records.filter(({ offset }) => offset >= next);',
    replace: 'records.slice();',
    caughtBy: unit('tests/log/writer.test.ts', 'takes from its own process what comes next'),
  },
  {
    name: 'two requests of a sender are under way at once',
    file: 'src/log/sender.ts',
    find: 'running ??= drain();',
    replace: 'running = drain();',
    caughtBy: unit('tests/log/sender.test.ts', 'while a request is under way waits for its answer'),
  },
];

const domain: readonly PlantedBug[] = [
  {
    name: 'an order id is made of caller and key alone',
    file: 'src/http/ids.ts',
    find: "Buffer.from(commandId, 'ascii'), period]",
    replace: "Buffer.from(commandId, 'ascii')]",
    caughtBy: unit('tests/http/ids.test.ts', 'stay the same within a period of 12 hours and change with it'),
  },
  {
    name: 'stock is released twice when an order is cancelled again',
    file: 'src/domain/order-fold.ts',
    find: '  remove(state.orders, order_id);\n',
    replace: '  if (order_id !== null) return;\n',
    caughtBy: unit('tests/domain/cancel.test.ts', 'is a repeat when it is cancelled already'),
  },
  {
    name: 'the wall clock decides',
    file: 'src/domain/decider.ts',
    find: '  const { at } = command;\n',
    replace: '  const at = Date.now();\n',
    caughtBy: unit('tests/rooms.test.ts', 'import only what they may'),
  },
  {
    name: 'the environment decides',
    file: 'src/domain/decider.ts',
    find: 'const lateMsMax = 600_000;',
    replace: "const lateMsMax = Number(process.env['LATE_MS_MAX'] ?? 600_000);",
    caughtBy: unit('tests/rooms.test.ts', 'import only what they may'),
  },
  {
    name: 'nothing is remembered under a command_id',
    file: 'src/domain/decider.ts',
    find: 'if (remember !== null && isUuid(key)) {',
    replace: 'if (remember !== null && isUuid(key) && at < 0) {',
    caughtBy: simulation,
  },
  {
    name: 'refusals are not frozen',
    file: 'src/domain/placing.ts',
    find: "return fresh([{ type: 'OrderRefused', data: { ...order, shortages, ...why, rests_on: [], settles: [] } }]);",
    replace: `const refusing = { ...order, shortages, ...why, rests_on: [], settles: [] };
  return { events: [{ type: 'OrderRefused', data: refusing }], answer: 0, remember: false };`,
    caughtBy: unit('tests/domain/idempotency.test.ts', 'stays refused after a restock'),
  },
  {
    name: 'a shortage of the second line is overlooked',
    file: 'src/domain/placing.ts',
    find: 'const shortages = found.wanted.flatMap(shortageOf);',
    replace: 'const shortages = found.wanted.slice(0, 1).flatMap(shortageOf);',
    caughtBy: simulation,
  },
];

const projections: readonly PlantedBug[] = [
  {
    name: 'a sink in Postgres does not compare its checkpoint',
    file: 'projections/sinks/postgres.ts',
    find: ' AND c.next_offset = m.expected`',
    replace: '`',
    caughtBy: {
      ...jest('real', 'tests/projections/postgres-sink.real.test.ts', 'a checkpoint that is not the one expected'),
      needs: 'servers',
    },
  },
];

export const plantedBugs: readonly PlantedBug[] = [
  ...protocol,
  ...messageBugs,
  ...snapshotBugs,
  ...domain,
  ...projections,
  ...viewBugs,
  ...networkBugs,
  ...processBugs,
];
