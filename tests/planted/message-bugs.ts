// Bugs in what partitions tell each other.
import type { PlantedBug } from './catchers.ts';
import { simulation, unit } from './catchers.ts';

export const messageBugs: readonly PlantedBug[] = [
  {
    name: 'messages are sent before their events stand',
    file: 'src/log/writer.ts',
    find: "  passing?.('decide');\n",
    replace: '  outbox.add(batch.events.flatMap((event, i) => decider.messagesOf({ ...event, offset: end + i })));\n',
    caughtBy: simulation,
  },
  {
    name: 'what is stated as sent is one message ahead',
    file: 'src/log/outbox.ts',
    find: 'return first === undefined ? progress : first - 1;',
    replace: 'return first ?? progress;',
    caughtBy: simulation,
  },
  {
    name: 'the receiver of messages forgets which ones it took',
    file: 'src/domain/decider.ts',
    find: '  if (source !== null) take(state, source);\n',
    replace: '',
    caughtBy: simulation,
  },
  {
    name: 'a repeated message sets the memory of its receiver back',
    file: 'src/domain/decider.ts',
    find: 'if (before === undefined || command_offset > before.command_offset) put(',
    replace: 'if (before === undefined || command_offset !== before.command_offset) put(',
    caughtBy: simulation,
  },
  {
    name: 'a message carries one line only',
    file: 'src/domain/messages.ts',
    find: 'lines.filter((line) => line.elsewhere === partition);',
    replace: 'lines.filter((line) => line.elsewhere === partition).slice(0, 1);',
    caughtBy: simulation,
  },
  {
    name: 'a take-over does not send the messages again',
    file: 'src/log/partition-writer.ts',
    find: '    outbox.reset(decider.unsent(fresh.state()));\n',
    replace: '',
    caughtBy: simulation,
  },
  {
    name: 'a message of unknown fate is taken for sent',
    file: 'src/log/outbox.ts',
    find: '    options.doubt(error);\n    return false;\n',
    replace: '    options.doubt(error);\n    return true;\n',
    caughtBy: simulation,
  },
  {
    name: 'a snapshot leaves the unsent messages out',
    file: 'src/domain/snapshot.ts',
    find: "  yield* rows('outbox', state.outbox.own, ([id, row]) => (row === null ? [] : [[id, row.messages]]));\n",
    replace: '',
    caughtBy: unit('tests/domain/holds.test.ts', 'a snapshot knows orders that wait'),
  },
  {
    name: 'an order is decided before the last message answers',
    file: 'src/domain/holds.ts',
    find: '  if (open.length > 1) {\n',
    replace: '  if (open.length > 2) {\n',
    caughtBy: simulation,
  },
  {
    name: 'a message settles what was never held',
    file: 'src/domain/holds.ts',
    find: 'answers.flatMap((answer) => (answer.refusal === null ? [answer.partition] : []));',
    replace: 'answers.map((answer) => answer.partition);',
    caughtBy: simulation,
  },
  {
    name: 'no message releases what other partitions hold for a cancelled order',
    file: 'src/domain/order.ts',
    find: 'reason, version: version + 1, settles: elsewhere(live.lines) };',
    replace: 'reason, version: version + 1, settles: [] };',
    caughtBy: simulation,
  },
];
