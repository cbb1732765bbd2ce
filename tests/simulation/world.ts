// The world of the simulator: one seed decides the order in which everything happens. No real time, no real chance.
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Pace } from '../../src/log/port.ts';

/** A process of the simulated world: what it asks of the network are steps that the world runs, holds or drops. */
export interface SimProcess {
  readonly name: string;
  readonly schedule: (step: () => void) => void;
  readonly pace: Pace;
  /** Holds its steps back for that many steps of the others: a long pause, after which it goes on as if nothing was. */
  pause(steps: number): void;
  /** Ends it: nothing that it asks for from now on happens. Frames that are under way may land or not. */
  crash(framesLand: boolean): void;
  readonly alive: () => boolean;
}

export interface World {
  readonly random: () => number;
  /** In [0, n). */
  readonly below: (n: number) => number;
  readonly chance: (p: number) => boolean;
  /** Virtual time, ms since the epoch. */
  readonly now: () => number;
  process(name: string): SimProcess;
  /** Runs one step or lets time pass; false when nothing is left to do. */
  step(): Promise<boolean>;
  /** Ends all pauses. */
  heal(): void;
}

interface Step {
  readonly owner: Owner;
  readonly run: () => void;
}

interface Owner {
  dead: boolean;
  heldUntil: number;
}

interface Timer {
  readonly at: number;
  readonly owner: Owner;
  readonly fire: () => void;
}

const epoch = Date.UTC(2026, 0, 1);

/** Makes a world that repeats itself exactly for the same seed. */
export function createWorld(seed: number): World {
  const generator = xoroshiro128plus(seed);
  const random = (): number => (generator.next() >>> 0) / 2 ** 32;
  const below = (n: number): number => Math.floor(random() * n);
  let steps: Step[] = [];
  let timers: Timer[] = [];
  let time = 0;
  let count = 0;

  function process(name: string): SimProcess {
    const owner: Owner = { dead: false, heldUntil: 0 };
    return {
      name,
      schedule: (run) => void (owner.dead || steps.push({ owner, run })),
      pace: {
        random,
        now: () => time,
        sleep: (ms, signal) =>
          new Promise((resolve) => {
            if (owner.dead) return;
            if (signal?.aborted ?? false) return resolve();
            const fire = (): void => {
              signal?.removeEventListener('abort', fire);
              resolve();
            };
            timers.push({ at: time + Math.ceil(ms), owner, fire });
            signal?.addEventListener('abort', fire);
          }),
      },
      pause: (length) => {
        owner.heldUntil = count + length;
      },
      crash: (framesLand) => {
        owner.dead = true;
        owner.heldUntil = 0;
        if (!framesLand) steps = steps.filter((step) => step.owner !== owner);
        timers = timers.filter((timer) => timer.owner !== owner);
      },
      alive: () => !owner.dead,
    };
  }

  async function step(): Promise<boolean> {
    count += 1;
    const ready = steps.filter(({ owner }) => owner.heldUntil <= count);
    const timersReady = timers.filter(({ owner }) => owner.heldUntil <= count);
    if (ready.length === 0 && timersReady.length === 0) return steps.length + timers.length > 0;
    const chosen = ready[below(ready.length)];
    if (chosen === undefined || (timersReady.length > 0 && random() < 0.02)) {
      fire(timersReady.reduce((a, b) => (b.at < a.at ? b : a)));
    } else {
      steps.splice(steps.indexOf(chosen), 1);
      time += below(3);
      chosen.run();
    }
    // Lets everything that this step set off come to rest, so that only the seed decides what is next.
    await new Promise((resolve) => setImmediate(resolve));
    return true;
  }

  function fire(timer: Timer): void {
    timers.splice(timers.indexOf(timer), 1);
    time = Math.max(time, timer.at);
    timer.fire();
  }

  return {
    random,
    below,
    chance: (p) => random() < p,
    now: () => epoch + time,
    process,
    step,
    heal: () => {
      for (const { owner } of [...steps, ...timers]) owner.heldUntil = 0;
    },
  };
}
