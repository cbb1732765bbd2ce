// A Kafka proxy that a test tells what to do with each Produce to a topic. It changes nothing else but the address of
// the broker, so that clients come back through it. One broker, no encryption.
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Address, RequestHead } from './kafka-frames.ts';
import { correlationOf, createFrames, headOf, readdressed } from './kafka-frames.ts';

/**
 * What becomes of a Produce.
 * - `pass`: nothing unusual.
 * - `lose_answer`: the broker takes it; in place of the answer the connection breaks.
 * - `mute_answer`: the broker takes it; no answer, and the connection stays.
 * - `cut_answer`, `cut_request`: the connection breaks in the middle of the frame.
 * - `late`: the connection breaks, and the frame reaches the broker with `deliverLate`.
 * - `again`: it passes, and a copy reaches the broker with `deliverLate`.
 * - `twice`, `twice_answered_late`: the broker gets two; the client hears the answer to the first, or to the second.
 */
export type Fate =
  | 'pass'
  | 'lose_answer'
  | 'mute_answer'
  | 'cut_answer'
  | 'cut_request'
  | 'late'
  | 'again'
  | 'twice'
  | 'twice_answered_late';

export interface KafkaProxy {
  /** host:port, to be given to clients in place of the broker's. */
  readonly broker: string;
  /** Sends clients to this host:port in place of its own: another proxy before this one. */
  advertise(address: string): void;
  /** Decides about every Produce to the topic from now on; `nth` counts them from 1. */
  rule(topic: string, decide: (nth: number) => Fate): void;
  /** Lets everything pass again. */
  calm(): void;
  /** How often each fate but `pass` was dealt out since the start. */
  dealt(): { readonly [fate in Fate]?: number };
  /** Frames that wait for `deliverLate`. */
  held(): number;
  /**
   * Sends what is held over a connection of its own, all of it so many times. Answers how many frames those were, once
   * the broker has answered all of them.
   */
  deliverLate(times?: number): Promise<number>;
  close(): Promise<void>;
}

/** A request under way: what becomes of its answers, of which there may be several. */
interface Pending {
  readonly head: RequestHead;
  readonly fate: Fate;
  answers: number;
}

const lateMsMax = 20_000;

/** @throws Error when it finds no port */
export async function openKafkaProxy(broker: string): Promise<KafkaProxy> {
  const upstreamAddress = addressOf(broker);
  const sockets = new Set<Socket>();
  const dealt: { [fate in Fate]?: number } = {};
  let rule: { readonly topic: string; readonly decide: (nth: number) => Fate; passed: number } | null = null;
  let held: Buffer[] = [];
  let advertised: Address | null = null;

  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A broken connection is what these tests make; both ends hear of it by `close`.
    return socket.on('error', () => socket.destroy());
  };

  function fateOf({ topic }: RequestHead): Fate {
    if (rule === null || topic === null || topic !== rule.topic) return 'pass';
    rule.passed += 1;
    const fate = rule.decide(rule.passed);
    if (fate !== 'pass') dealt[fate] = (dealt[fate] ?? 0) + 1;
    return fate;
  }

  const server = createServer((client) => {
    keep(client);
    const upstream = keep(connect(upstreamAddress));
    const address = advertised ?? addressOf(brokerOf(server));
    const pending = new Map<number, Pending>();
    const onRequest = (frame: Buffer): void => {
      if (client.destroyed) return;
      const head = headOf(frame);
      const fate = fateOf(head);
      if (fate === 'late' || fate === 'again') held.push(Buffer.from(frame));
      if (fate === 'late' || fate === 'cut_request') {
        if (fate === 'cut_request') upstream.write(frame.subarray(0, Math.ceil(frame.length / 2)));
        client.destroy();
        return;
      }
      pending.set(head.correlation, { head, fate, answers: 0 });
      upstream.write(frame);
      if (fate === 'twice' || fate === 'twice_answered_late') upstream.write(frame);
    };
    const onAnswer = (frame: Buffer): void => {
      const request = pending.get(correlationOf(frame));
      if (request === undefined || client.destroyed) return;
      request.answers += 1;
      answer(client, readdressed(frame, request.head, address), request);
    };
    client.on('data', createFrames(onRequest)).on('close', () => upstream.end());
    upstream.on('data', createFrames(onAnswer)).on('close', () => client.destroy());
  });
  await listen(server);

  return {
    broker: brokerOf(server),
    advertise: (address) => (advertised = addressOf(address)),
    rule: (topic, decide) => (rule = { topic, decide, passed: 0 }),
    calm: () => (rule = null),
    dealt: () => ({ ...dealt }),
    held: () => held.length,
    deliverLate: async (times = 1) => {
      const frames = Array.from({ length: times }, () => held).flat();
      held = [];
      if (frames.length > 0) await sendAll(keep(connect(upstreamAddress)), frames);
      return frames.length;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Gives an answer to the client as the fate of its request wants it. */
function answer(client: Socket, frame: Buffer, { fate, answers }: Pending): void {
  switch (fate) {
    case 'mute_answer':
      return;
    case 'lose_answer':
      client.destroy();
      return;
    case 'cut_answer':
      // `end` lets the half go out before the connection is closed.
      client.end(frame.subarray(0, Math.ceil(frame.length / 2)));
      return;
    case 'twice_answered_late':
      if (answers === 2) client.write(frame);
      return;
    case 'pass':
    case 'again':
    case 'twice':
    case 'late':
    case 'cut_request':
      if (answers === 1) client.write(frame);
  }
}

function sendAll(socket: Socket, frames: readonly Buffer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = frames.length;
    const onAnswer = (): void => {
      left -= 1;
      if (left > 0) return;
      socket.destroy();
      resolve();
    };
    socket.setTimeout(lateMsMax, () => socket.destroy());
    socket.on('data', createFrames(onAnswer));
    socket.on('close', () => reject(new Error(`the broker left ${left} late frames unanswered`)));
    for (const frame of frames) socket.write(frame);
  });
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}

function brokerOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no TCP address');
  return `127.0.0.1:${address.port}`;
}

function addressOf(broker: string): Address {
  const at = broker.lastIndexOf(':');
  return { host: broker.slice(0, at), port: Number(broker.slice(at + 1)) };
}
