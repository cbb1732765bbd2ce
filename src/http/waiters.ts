// HTTP room: requests that wait for the decision of their command. An outcome goes to exactly one of them as the fresh
// one; whoever else sent the same command is told that it is a repeat.
import type { Outcome } from '../log/client-port.ts';

/** What a waiting request is told. `repeat`: somebody else got this outcome as the fresh one. */
export interface Decided {
  readonly outcome: Outcome;
  readonly repeat: boolean;
}

export interface WaitersLimits {
  readonly waitersMax: number;
  readonly waitersPerPartitionMax: number;
  /** Time without any outcome of a partition, while requests wait for one, after which its writer counts as away. */
  readonly writerStalledMsMax: number;
  /** Age of a decision from which on there are more requests than can be decided in time. */
  readonly decisionLateMs: number;
}

/** One request in the queue of its command. `sending`, `sent` and `lost` tell what became of each send. */
export interface Waiter {
  readonly decided: Promise<Decided>;
  sending(): void;
  /** The log acknowledged the command at this offset. */
  sent(offset: number): void;
  /** No answer came: the command may lie at an offset that nobody here knows. */
  lost(): void;
  /** Nothing was sent. */
  unsent(): void;
  /** Leaves the queue; the command stands. */
  leave(): void;
}

export interface Waiters {
  /** Why another request for this partition is not taken in now; null when it is. */
  refusal(partition: number): 'overloaded' | 'writer_unavailable' | null;
  /** Joins the queue; to be called before the command is sent. */
  join(partition: number, commandId: string, fingerprint: Uint8Array): Waiter;
  hear(outcome: Outcome): void;
  /** Requests that wait now. */
  size(): number;
}

/** Outcomes kept for a command whose sends are not all answered yet. */
const earlyMax = 64;

interface Member {
  readonly fingerprint: Uint8Array;
  readonly since: number;
  readonly offsets: Set<number>;
  inFlight: number;
  lostSends: number;
  readonly settle: (decided: Decided) => void;
}

/** The requests that wait for one command, in the order in which they were sent. */
interface Queue {
  readonly members: Set<Member>;
  /** Outcomes that only the answer to a send can place. */
  early: Outcome[];
  /** Outcomes given to a member that may not have sent the command they answer, by the offset of that command. */
  readonly given: Map<number, Outcome>;
}

interface Lane {
  readonly members: Set<Member>;
  /** When its last outcome was heard. */
  heardAt: number;
  /** Since when requests of this partition went unanswered; null when none did since its last outcome. */
  unansweredSince: number | null;
  /** When the last of them gave up. */
  gaveUpAt: number;
  /** Whether the last decision was late. */
  late: boolean;
}

/** `now` is monotonic, ms. */
export function createWaiters(limits: WaitersLimits, now: () => number): Waiters {
  const queues = new Map<string, Queue>();
  const lanes = new Map<number, Lane>();
  let total = 0;

  function remove(commandId: string, queue: Queue, lane: Lane, member: Member): void {
    if (!queue.members.delete(member)) return;
    lane.members.delete(member);
    total -= 1;
    if (queue.members.size === 0 && queues.get(commandId) === queue) queues.delete(commandId);
  }

  function join(partition: number, commandId: string, fingerprint: Uint8Array): Waiter {
    const queue: Queue = queues.get(commandId) ?? { members: new Set(), early: [], given: new Map() };
    queues.set(commandId, queue);
    const lane = laneOf(lanes, partition);
    // A request that went unanswered long ago says nothing about the writer of today.
    if (lane.members.size === 0 && now() - lane.gaveUpAt > limits.writerStalledMsMax) lane.unansweredSince = null;
    const { promise, resolve } = Promise.withResolvers<Decided>();
    const member: Member = {
      fingerprint,
      since: now(),
      offsets: new Set(),
      inFlight: 0,
      lostSends: 0,
      settle: (decided) => {
        // How long other partitions take to answer says nothing about the writer of this one.
        if (!isDeferred(decided.outcome)) lane.late = now() - member.since > limits.decisionLateMs;
        remove(commandId, queue, lane, member);
        resolve(decided);
      },
    };
    queue.members.add(member);
    lane.members.add(member);
    total += 1;
    return waiterOf(member, queue, promise, () => {
      if (!queue.members.has(member)) return;
      if (member.inFlight + member.lostSends + member.offsets.size > 0) {
        lane.unansweredSince ??= member.since;
        lane.gaveUpAt = now();
      }
      remove(commandId, queue, lane, member);
    });
  }

  return {
    refusal: (partition) => {
      if (total >= limits.waitersMax) return 'overloaded';
      const lane = lanes.get(partition);
      return lane === undefined ? null : refusalIn(lane, limits, now());
    },
    join,
    hear: (outcome) => {
      const lane = laneOf(lanes, outcome.partition);
      lane.unansweredSince = null;
      lane.heardAt = now();
      const { answers } = outcome.event.meta;
      const queue = answers === null ? undefined : queues.get(answers);
      if (queue === undefined) return;
      queue.early.push(outcome);
      place(queue);
      if (queue.early.length > earlyMax) queue.early.shift();
    },
    size: () => total,
  };
}

function refusalIn(lane: Lane, limits: WaitersLimits, now: number): ReturnType<Waiters['refusal']> {
  // Where nobody waits, one request is let in to find out whether the writer is back.
  const oldest = find(lane.members, () => true);
  if (oldest === null) return null;
  // Those that wait are decided first; a request that joined them now might not be decided in time.
  if (lane.members.size >= limits.waitersPerPartitionMax || lane.late) return 'overloaded';
  // An order that other partitions have to answer for may wait while others are decided.
  const since = Math.max(lane.heardAt, Math.min(oldest.since, lane.unansweredSince ?? oldest.since));
  return now - since > limits.writerStalledMsMax ? 'writer_unavailable' : null;
}

function waiterOf(member: Member, queue: Queue, decided: Promise<Decided>, leave: () => void): Waiter {
  return {
    decided,
    sending: () => {
      member.inFlight += 1;
    },
    sent: (offset) => {
      member.inFlight -= 1;
      member.offsets.add(offset);
      const elsewhere = queue.given.get(offset);
      if (elsewhere === undefined) place(queue);
      else member.settle({ outcome: elsewhere, repeat: true });
    },
    lost: () => {
      member.inFlight -= 1;
      member.lostSends += 1;
      place(queue);
    },
    unsent: () => {
      member.inFlight -= 1;
      place(queue);
    },
    leave: () => {
      leave();
      place(queue);
    },
  };
}

/** Gives every outcome that can be placed to its request; to be called whenever something was learned. */
function place(queue: Queue): void {
  if (queue.early.length === 0) return;
  const left: Outcome[] = [];
  for (const outcome of queue.early) {
    const taker = takerOf(queue, outcome);
    if (taker === 'later') left.push(outcome);
    else {
      taker?.settle({ outcome, repeat: false });
      if (isDeferred(outcome)) tellTheRest(queue, outcome);
    }
  }
  queue.early = left;
}

/** Whether an outcome answers a command that was decided earlier: an order that other partitions answered for. */
function isDeferred({ event: { meta } }: Outcome): boolean {
  return meta.placed_at !== null && meta.placed_at !== meta.command_offset;
}

/** Repeats of an order that was not decided had no outcome of their own to wait for. */
function tellTheRest({ members }: Queue, outcome: Outcome): void {
  for (const member of members) if (askedFor(member, outcome)) member.settle({ outcome, repeat: true });
}

function askedFor({ fingerprint }: Member, { event }: Outcome): boolean {
  const { remember } = event.meta;
  return remember !== null && Buffer.compare(fingerprint, remember.fingerprint) === 0;
}

/**
 * The member whose own send the outcome answers. Where no send is known to be that one, a fresh outcome goes to the
 * oldest member that may have sent it, else to the oldest that asked the same; any other outcome says nothing about
 * what was asked, so it waits until the sends under way are answered.
 */
function takerOf(queue: Queue, outcome: Outcome): Member | 'later' | null {
  const { remember, placed_at } = outcome.event.meta;
  const { members } = queue;
  const sender = find(members, ({ offsets }) => placed_at !== null && offsets.has(placed_at));
  if (sender !== null) return sender;
  const unplaced = ({ inFlight, lostSends }: Member) => inFlight + lostSends > 0;
  if (remember === null) {
    return find(members, ({ inFlight }) => inFlight > 0) === null ? find(members, unplaced) : 'later';
  }
  const asked = (member: Member) => askedFor(member, outcome);
  if (isDeferred(outcome)) {
    // Callers of other instances are answered too: only who may have sent the first command can be its caller.
    const isSending = find(members, (member) => member.inFlight > 0 && asked(member)) !== null;
    return isSending ? 'later' : find(members, (member) => member.lostSends > 0 && asked(member));
  }
  const taker = find(members, (member) => unplaced(member) && asked(member)) ?? find(members, asked);
  if (taker === null) return find(members, unplaced) === null ? null : 'later';
  // Whoever learns later that this was the answer to its own send is told that it is a repeat.
  if (placed_at !== null && queue.given.size < earlyMax) queue.given.set(placed_at, outcome);
  return taker;
}

function laneOf(lanes: Map<number, Lane>, partition: number): Lane {
  const known = lanes.get(partition);
  if (known !== undefined) return known;
  const lane: Lane = { members: new Set(), heardAt: -Infinity, unansweredSince: null, gaveUpAt: 0, late: false };
  lanes.set(partition, lane);
  return lane;
}

function find<T>(set: ReadonlySet<T>, test: (one: T) => boolean): T | null {
  for (const one of set) if (test(one)) return one;
  return null;
}
