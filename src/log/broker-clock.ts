// The broker's clock as this process knows it, and the pulse that keeps it fresh: a small record once in a while on a
// topic of its own. The pulse is also how an outage of the broker is noticed while nothing else is sent.
import { createConnection } from './connection.ts';
import type { Log, Pace } from './port.ts';

export interface BrokerClock {
  /** Broker time, ms since the epoch: the last answer's plus monotonic time since. */
  now(): number;
  /** Takes over a broker timestamp of this moment. */
  heard(at: number): void;
  /** Whether the last pulse was answered. */
  alive(): boolean;
  /** Pulses until stopped; the first pulse is awaited. @throws LogError when the first one fails */
  start(): Promise<void>;
  /** Asks for a pulse at once, after a sign of trouble. */
  check(): void;
  stop(): Promise<void>;
}

const pulseEveryMs = 1_000;
const retryEveryMs = 200;

export function createBrokerClock(options: {
  readonly log: Log;
  readonly topic: string;
  readonly pace: Pace;
  readonly trouble: (error: unknown) => void;
}): BrokerClock {
  const { log, topic, pace } = options;
  const connection = createConnection(log);
  const stopping = new AbortController();
  let base = { at: 0, heard: 0 };
  let alive = false;
  let hurry = new AbortController();
  let running = Promise.resolve();

  const now = (): number => Math.floor(base.at + (pace.now() - base.heard));
  const heard = (at: number): void => {
    base = { at, heard: pace.now() };
  };

  async function pulse(): Promise<void> {
    const landed = await connection.append(topic, new Map([[0, [{ key: null, value: Buffer.from('pulse') }]]]));
    const at = landed.get(0)?.at ?? -1;
    if (at >= 0) heard(at);
    alive = true;
  }

  async function keepPulsing(): Promise<void> {
    while (!stopping.signal.aborted) {
      hurry = new AbortController();
      const wait = alive ? pulseEveryMs : retryEveryMs;
      await pace.sleep(wait, AbortSignal.any([hurry.signal, stopping.signal]));
      if (stopping.signal.aborted) return;
      try {
        await pulse();
      } catch (error) {
        alive = false;
        options.trouble(error);
      }
    }
  }

  return {
    now,
    heard,
    alive: () => alive,
    check: () => hurry.abort(),
    start: async () => {
      await pulse();
      running = keepPulsing();
    },
    stop: async () => {
      stopping.abort();
      await running;
      await connection.close();
    },
  };
}
