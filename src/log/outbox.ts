// Messages of one partition on their way to others: those of counted events only, in command order for every target, one
// send in flight, and the same one until it is acknowledged. What was sent twice the receiver takes once.
import type { CommandRecord } from '../../schemas/records.ts';
import type { Message } from '../domain/messages.ts';
import { recordOf } from '../domain/messages.ts';
import type { PassCrashPoint } from '../platform/crash-points.ts';
import { LedgerAlarm } from './alarm.ts';
import type { Connection } from './connection.ts';
import { createConnection } from './connection.ts';
import type { Log, LogRecord, OutgoingRecord, Pace } from './port.ts';
import { LogError } from './port.ts';
import type { RequestLimits, Waiting } from './requests.ts';
import { backOff, cut, keyOf, placed, recordsOf } from './requests.ts';

/** Name of the header that says where a message comes from: `<partition>:<command offset>`. For people and tools. */
const sourceHeader = 'source';

export interface OutboxOptions {
  readonly log: Pick<Log, 'openAppender'>;
  readonly commandsTopic: string;
  /** The partition that sends. */
  readonly partition: number;
  readonly encode: (command: CommandRecord) => Uint8Array;
  /** Of what one request carries to one target. */
  readonly limits: RequestLimits;
  /** Messages that may wait before the writer decides nothing that could make more. */
  readonly outboxMax: number;
  readonly pace: Pace;
  /** A send whose fate is unknown; it is tried again. */
  readonly doubt: (error: Error) => void;
  /** Hears of messages that the broker acknowledged, as a reader of the log will find them. */
  readonly landed: (target: number, records: readonly LogRecord[]) => void;
  readonly passing?: PassCrashPoint;
}

/** What waits for the broker: how many messages, and for how long the oldest has, ms. */
export interface Backlog {
  readonly messages: number;
  readonly oldestMs: number;
}

export interface Outbox {
  /** Takes messages of counted events, in command order, behind those that wait. */
  add(messages: readonly Message[]): void;
  /** Puts these in the place of all that wait, less what was acknowledged before. */
  reset(messages: readonly Message[]): void;
  /** The command up to which all messages are acknowledged, where `progress` is the last one decided. */
  sent(progress: number): number;
  /** Messages that wait, the ones on their way included. */
  backlog(): Backlog;
  /** Resolves when fewer messages wait than may, or when the signal aborts. */
  room(signal: AbortSignal): Promise<void>;
  /** Sends until stopped; finishes the send in hand. @throws LedgerAlarm where the broker refuses a message for good */
  run(signal: AbortSignal): Promise<void>;
}

const backoffMsMax = 1_000;

interface Unacknowledged extends Waiting {
  readonly message: Message;
  /** When it began to wait here, by the monotonic clock. */
  readonly since: number;
}

/** Makes the outbox of one partition; it outlives the writers of its partition in this process. */
export function createOutbox(options: OutboxOptions): Outbox {
  let waiting: readonly Unacknowledged[] = [];
  /** All messages of commands up to here were acknowledged while this outbox was there. */
  let acknowledged = -1;
  let wake = (): void => undefined;
  const gate = createGate(() => waiting.length < options.outboxMax);

  function take(messages: readonly Message[]): readonly Unacknowledged[] {
    const fresh = messages.filter(({ command_offset }) => command_offset > acknowledged);
    const since = options.pace.now();
    return fresh.map((message) => ({ partition: message.target, message, since, record: outgoing(options, message) }));
  }

  function settle(done: ReadonlySet<Unacknowledged>): void {
    const last = [...done].reduce((latest, { message }) => Math.max(latest, message.command_offset), -1);
    waiting = waiting.filter((one) => !done.has(one));
    const first = waiting[0]?.message.command_offset;
    acknowledged = Math.max(acknowledged, first === undefined ? last : Math.min(last, first - 1));
    gate.look();
  }

  async function run(signal: AbortSignal): Promise<void> {
    const connection = createConnection(options.log);
    signal.addEventListener('abort', () => wake(), { once: true });
    try {
      for (let attempt = 0; !signal.aborted;) {
        const request = nextRequest(waiting, options.limits, attempt);
        if (request.size === 0) await new Promise<void>((resolve) => (wake = resolve));
        else if (await deliver(options, request, connection)) {
          settle(new Set([...request.values()].flat()));
          attempt = 0;
        } else await backOff(options.pace, (attempt += 1), backoffMsMax, signal);
      }
    } finally {
      await connection.close();
    }
  }

  return {
    add: (messages) => {
      if (messages.length === 0) return;
      waiting = [...waiting, ...take(messages)];
      wake();
    },
    reset: (messages) => {
      waiting = take(messages);
      gate.look();
      wake();
    },
    sent: (progress) => {
      const first = waiting[0]?.message.command_offset;
      return first === undefined ? progress : first - 1;
    },
    backlog: () => {
      const [oldest] = waiting;
      return { messages: waiting.length, oldestMs: oldest === undefined ? 0 : options.pace.now() - oldest.since };
    },
    room: gate.pass,
    run,
  };
}

interface Gate {
  /** Resolves when it is open, or when the signal aborts. For one at a time. */
  pass(signal: AbortSignal): Promise<void>;
  /** Lets whoever waits pass if it is open now. */
  look(): void;
}

function createGate(isOpen: () => boolean): Gate {
  let letPass = (): void => undefined;
  return {
    pass: (signal) => {
      if (isOpen() || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        letPass = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    },
    look: () => {
      if (isOpen()) letPass();
    },
  };
}

/** What one request carries, by target. */
type Request = ReadonlyMap<number, readonly Unacknowledged[]>;

/** Sends one request. @returns whether all of it was acknowledged @throws LedgerAlarm */
async function deliver(options: OutboxOptions, request: Request, connection: Connection): Promise<boolean> {
  try {
    const landed = await connection.append(options.commandsTopic, recordsOf(request));
    options.passing?.('relay');
    const missing = [...request.keys()].find((target) => !landed.has(target));
    if (missing !== undefined) throw new LogError('unknown', `no answer about the messages to partition ${missing}`);
    for (const [target, { baseOffset, at }] of landed) {
      if (at >= 0) options.landed(target, placed({ baseOffset, at }, request.get(target) ?? []));
    }
    return true;
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    const isOne = request.size === 1 && [...request.values()].every((batch) => batch.length === 1);
    if (isOne && (error.code === 'rejected' || error.code === 'too_large')) {
      const text = `the broker refuses a message: ${error.message}`;
      throw new LedgerAlarm('append_rejected', options.partition, text, { cause: error });
    }
    options.doubt(error);
    return false;
  }
}

/**
 * The first messages for every target, as many as one request may carry. After some failures it is the first one alone:
 * it tells which message the broker refuses, and the others may come again at no harm.
 */
function nextRequest(waiting: readonly Unacknowledged[], limits: RequestLimits, attempt: number): Request {
  return cut(attempt > aloneAfter ? waiting.slice(0, 1) : waiting, limits).batches;
}

/** Failures after which the first message is sent alone. */
const aloneAfter = 3;

function outgoing({ partition, encode }: OutboxOptions, message: Message): OutgoingRecord {
  const command = recordOf(message, partition);
  const source = Buffer.from(`${partition}:${message.command_offset}`);
  return { key: keyOf(command), value: encode(command), headers: { [sourceHeader]: source } };
}
