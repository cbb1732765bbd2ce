// The judge: reads both topics from zero with rules of its own (it shares no code with the writer) and says what is
// wrong with a history. An empty list is a clean one.
import type { Codec } from '../../schemas/codec.ts';
import type { EventRecord } from '../../schemas/records.ts';
import type { LogRecord } from '../../src/log/port.ts';

export interface CountedEvent {
  readonly offset: number;
  readonly event: EventRecord;
}

/** Counted events of one journal partition. */
export function countedEvents(records: readonly LogRecord[], codec: Codec): CountedEvent[] {
  const counted: CountedEvent[] = [];
  for (const record of records) {
    const header = record.headers['l'];
    if (!(header instanceof Uint8Array) || Buffer.from(header).readBigUInt64BE(0) !== BigInt(record.offset)) continue;
    const decoded = codec.decode(record.value ?? Buffer.alloc(0));
    if (decoded.kind !== 'event') throw new Error(`counted record ${record.offset} is ${decoded.kind}`);
    counted.push({ offset: record.offset, event: decoded.record });
  }
  return counted;
}

/** Checks one partition: `commands` and `journal` are all its records. */
export function findings(commands: readonly LogRecord[], journal: readonly LogRecord[], codec: Codec): string[] {
  const counted = countedEvents(journal, codec);
  return [
    ...checkOutcomes(commands, counted, codec),
    ...checkStock(counted),
    ...checkOrders(counted),
    ...checkKeys(commands, counted, codec),
  ];
}

/** Every command has exactly one outcome, in command order, whole. */
function checkOutcomes(commands: readonly LogRecord[], counted: readonly CountedEvent[], codec: Codec): string[] {
  const found: string[] = [];
  let next = { command: -1, index: 0 };
  for (const { offset, event } of counted) {
    const { command_offset, index, count, command_id } = event.meta;
    if (command_offset !== next.command || index !== next.index) {
      found.push(
        `offset ${offset}: event ${index} of command ${command_offset} where event ${next.index} of ${next.command} was due`,
      );
      return found;
    }
    const command = commands[command_offset];
    if (command !== undefined && !command.hole) {
      const decoded = codec.decode(command.value ?? Buffer.alloc(0));
      if (decoded.kind === 'command' && decoded.record.meta.command_id !== command_id)
        found.push(`offset ${offset}: not the command_id of command ${command_offset}`);
    }
    next =
      index === count - 1 ? { command: command_offset + 1, index: 0 } : { command: command_offset, index: index + 1 };
  }
  if (next.command !== commands.length || next.index !== 0) {
    found.push(
      `the journal ends at command ${next.command}, event ${next.index}; there are ${commands.length} commands`,
    );
  }
  return found;
}

interface Level {
  onHand: number | null;
  readonly holds: Map<string, number>;
}

/** Stock moves only as its events say, never below what is held; holds are given back at most once. */
function checkStock(counted: readonly CountedEvent[]): string[] {
  const found: string[] = [];
  const levels = new Map<string, Level>();
  for (const { offset, event } of counted) {
    if (event.type === 'ProductCreated') {
      if (levels.has(event.data.product_id)) found.push(`offset ${offset}: ${event.data.product_id} was created twice`);
      levels.set(event.data.product_id, { onHand: event.data.stock, holds: new Map() });
    }
    if (event.type !== 'StockAdjusted' && event.type !== 'StockHeld' && event.type !== 'StockReleased') continue;
    const level = levels.get(event.data.product_id);
    if (level === undefined) {
      found.push(`offset ${offset}: stock of a product that does not exist`);
      continue;
    }
    if (event.type === 'StockAdjusted') level.onHand = (level.onHand ?? 0) + event.data.delta;
    else moveHold(level, event.data, event.type, offset, found);
    const held = [...level.holds.values()].reduce((a, b) => a + b, 0);
    const { on_hand, held: said, product_id } = event.data;
    if (on_hand !== level.onHand || said !== held)
      found.push(`offset ${offset}: ${product_id} says ${on_hand}/${said}, the fold ${level.onHand}/${held}`);
    if (level.onHand !== null && (held > level.onHand || level.onHand < 0))
      found.push(`offset ${offset}: ${product_id} OVERSOLD: ${held} held of ${level.onHand}`);
  }
  return found;
}

function moveHold(
  level: Level,
  { order_id, quantity }: { order_id: string; quantity: number },
  type: 'StockHeld' | 'StockReleased',
  offset: number,
  found: string[],
): void {
  const held = level.holds.get(order_id) ?? 0;
  if (type === 'StockHeld') {
    if (held > 0) found.push(`offset ${offset}: order ${order_id} holds twice`);
    level.holds.set(order_id, held + quantity);
  } else {
    if (held !== quantity) found.push(`offset ${offset}: order ${order_id} releases ${quantity} of ${held}`);
    level.holds.delete(order_id);
  }
}

/** An accepted order holds every line, a refused or cancelled one none. */
function checkOrders(counted: readonly CountedEvent[]): string[] {
  const found: string[] = [];
  const holds = new Map<string, Map<string, number>>();
  const accepted = new Map<string, ReadonlyMap<string, number>>();
  for (const { offset, event } of counted) {
    if (event.type === 'StockHeld') {
      const { order_id, product_id, quantity } = event.data;
      holds.set(order_id, (holds.get(order_id) ?? new Map<string, number>()).set(product_id, quantity));
    }
    if (event.type === 'StockReleased') holds.get(event.data.order_id)?.delete(event.data.product_id);
    if (event.type === 'OrderAccepted') {
      const { order_id, lines } = event.data;
      if (accepted.has(order_id)) found.push(`offset ${offset}: order ${order_id} was accepted twice`);
      accepted.set(order_id, new Map(lines.map((line) => [line.product_id, line.quantity])));
    }
    if (event.type === 'OrderCancelled' && !accepted.delete(event.data.order_id)) {
      found.push(`offset ${offset}: cancelled order ${event.data.order_id} was not accepted`);
    }
  }
  return [...found, ...compareHolds(holds, accepted)];
}

type Quantities = ReadonlyMap<string, number>;

/** What is held at the end against what accepted orders are made of. */
function compareHolds(holds: ReadonlyMap<string, Quantities>, accepted: ReadonlyMap<string, Quantities>): string[] {
  const none: Quantities = new Map();
  return [...new Set([...holds.keys(), ...accepted.keys()])].flatMap((order) => {
    const held = holds.get(order) ?? none;
    const lines = accepted.get(order) ?? none;
    const same = held.size === lines.size && [...lines].every(([product, quantity]) => held.get(product) === quantity);
    return same ? [] : [`order ${order} holds ${held.size} products and has ${lines.size} lines`];
  });
}

/** One order a command_id; the same key with the same body repeats the first outcome, with another body is refused. */
function checkKeys(commands: readonly LogRecord[], counted: readonly CountedEvent[], codec: Codec): string[] {
  const found: string[] = [];
  const first = new Map<string, { fingerprint: string; offset: number }>();
  const outcomes = new Map<number, EventRecord>();
  for (const { event } of counted) if (event.meta.answers !== null) outcomes.set(event.meta.command_offset, event);
  commands.forEach((record, offset) => {
    const decoded = codec.decode(record.value ?? Buffer.alloc(0));
    const outcome = outcomes.get(offset);
    if (decoded.kind !== 'command' || outcome === undefined) return;
    const { meta } = decoded.record;
    const fingerprint = Buffer.from(meta.fingerprint).toString('hex');
    const known = first.get(meta.command_id);
    const reason = outcome.type === 'CommandRefused' ? outcome.data.reason : outcome.type;
    if (reason === 'internal_error') found.push(`command ${offset}: the decider threw`);
    if (known === undefined) {
      if (reason === 'idempotency_key_reused') found.push(`command ${offset}: a fresh key was refused as reused`);
      if (reason !== 'too_late') first.set(meta.command_id, { fingerprint, offset });
    } else if (known.fingerprint === fingerprint && reason !== 'CommandRepeated' && reason !== 'too_late') {
      found.push(`command ${offset}: a repeat of ${known.offset} was decided again: ${reason}`);
    } else if (known.fingerprint !== fingerprint && reason !== 'idempotency_key_reused' && reason !== 'too_late') {
      found.push(`command ${offset}: reuses the key of ${known.offset} and got ${reason}`);
    }
  });
  return found;
}
