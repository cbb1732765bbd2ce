// Jobs that wait: until they are due, then for their turn. The most urgent go first; every fifth turn belongs to the one
// that has waited longest, so that the least urgent is never left behind.
import TinyQueue from 'tinyqueue';
import type { Priority } from '../../schemas/generated.ts';

export interface Waiting {
  /** ms since the epoch by the broker's clock */
  readonly due: number;
  readonly priority: Priority;
}

export interface JobQueue<T extends Waiting> {
  put(item: T): void;
  /** The next one whose turn it is at this moment; null where none is due. */
  take(now: number): T | null;
  /** When the next one will be due; null where none waits for its time. */
  nextDue(): number | null;
  /** Takes everything out that does not pass. */
  keep(passes: (item: T) => boolean): void;
  size(): { readonly later: number; readonly ready: number };
}

const urgency: { readonly [P in Priority]: number } = { low: 0, normal: 1, high: 2, critical: 3, max: 4 };
const turnOfTheOldest = 5;

interface Entry<T> {
  readonly item: T;
  readonly turn: number;
  taken: boolean;
}

export function createJobQueue<T extends Waiting>(): JobQueue<T> {
  let later = new TinyQueue<T>([], (a, b) => a.due - b.due);
  let urgent = new TinyQueue<Entry<T>>([], byUrgency);
  let oldest = new TinyQueue<Entry<T>>([], (a, b) => a.turn - b.turn);
  let ready = 0;
  let came = 0;
  let turns = 0;

  function enter(item: T): void {
    const entry = { item, turn: came++, taken: false };
    urgent.push(entry);
    oldest.push(entry);
    ready += 1;
  }

  function ripen(now: number): void {
    for (let next = later.peek(); next !== undefined && next.due <= now; next = later.peek()) {
      later.pop();
      enter(next);
    }
  }

  return {
    put: (item) => void later.push(item),
    take: (now) => {
      ripen(now);
      turns += 1;
      const entry = firstLeft(turns % turnOfTheOldest === 0 ? oldest : urgent);
      if (entry === null) return null;
      entry.taken = true;
      ready -= 1;
      return entry.item;
    },
    nextDue: () => later.peek()?.due ?? null,
    keep: (passes) => {
      const waiting = later.data.filter(passes);
      const entries = oldest.data.filter(({ item, taken }) => !taken && passes(item));
      later = new TinyQueue(waiting, (a, b) => a.due - b.due);
      oldest = new TinyQueue([...entries], (a, b) => a.turn - b.turn);
      urgent = new TinyQueue([...entries], byUrgency);
      ready = entries.length;
    },
    size: () => ({ later: later.length, ready }),
  };
}

/** Each entry stands in both orders; what was taken by the other one is passed over. */
function firstLeft<T>(queue: TinyQueue<Entry<T>>): Entry<T> | null {
  for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) if (!entry.taken) return entry;
  return null;
}

function byUrgency<T extends Waiting>(a: Entry<T>, b: Entry<T>): number {
  return urgency[b.item.priority] - urgency[a.item.priority] || a.turn - b.turn;
}
