// HTTP room: which partition an Idempotency-Key was used for. A convenience that catches a misuse of keys early; no
// invariant of the ledger rests on it, so without Redis the API goes on and counts it.
import type { Redis } from '../platform/redis.ts';

/** `taken`: this request made the claim. `held`: an earlier one did, for that partition. `skipped`: Redis is no help. */
export type Claim =
  | { readonly kind: 'taken' }
  | { readonly kind: 'held'; readonly partition: number }
  | { readonly kind: 'skipped'; readonly reason: 'unavailable' | 'full' };

/** Never throw; both answer within the time-out of the Redis connection. */
export interface Claims {
  take(commandId: string, partition: number): Promise<Claim>;
  /** Gives a claim up that this request took. */
  release(commandId: string, partition: number): Promise<void>;
}

export interface ClaimsOptions {
  /** First part of the keys in Redis: one prefix is one ledger. */
  readonly prefix: string;
  readonly claimsMax: number;
  /** How long a claim stands, seconds. */
  readonly rememberS: number;
}

/** Expired claims freed by each script; more than one for each new claim, so that the backlog shrinks. */
const freedAtLeast = 20;
/** Claims taken by one script, so that no script holds Redis up for long. */
const takenAtOnceMax = 200;

/** ARGV: how long a claim stands (s), how many there may be, expired ones to free, then id and partition of each. */
const takeAll = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local expired = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[3])
if #expired > 0 then
  redis.call('ZREM', KEYS[2], unpack(expired))
  redis.call('HDEL', KEYS[1], unpack(expired))
end
local room = tonumber(ARGV[2]) - redis.call('HLEN', KEYS[1])
local answers = {}
for i = 4, #ARGV, 2 do
  local held = redis.call('HGET', KEYS[1], ARGV[i])
  if held and tonumber(redis.call('ZSCORE', KEYS[2], ARGV[i]) or 0) > now then
    answers[#answers + 1] = held
  elseif not held and room <= 0 then
    answers[#answers + 1] = 'full'
  else
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
    redis.call('ZADD', KEYS[2], now + ARGV[1] * 1000, ARGV[i])
    if not held then room = room - 1 end
    answers[#answers + 1] = 'taken'
  end
end
return answers
`;

const release = `
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
end
`;

/** A claim that waits for its turn; `settle` takes what the script answered, null where Redis did not. */
interface Waiting {
  readonly id: Buffer;
  readonly partition: number;
  readonly settle: (answer: string | null) => void;
}

/**
 * Claims in Redis: a hash of partitions and a sorted set of expiry times (ms), both by command id. Requests of one turn
 * of the event loop take theirs with one script.
 */
export function createClaims(redis: Redis, options: ClaimsOptions): Claims {
  const keys = [`${options.prefix}:{claims}:partition`, `${options.prefix}:{claims}:expiry`];
  let waiting: Waiting[] = [];

  async function flush(): Promise<void> {
    const all = waiting;
    waiting = [];
    for (let i = 0; i < all.length; i += takenAtOnceMax) {
      const some = all.slice(i, i + takenAtOnceMax);
      const answers = await askFor(some);
      some.forEach(({ settle }, at) => settle(answers?.[at] ?? null));
    }
  }

  /** Null where Redis is no help; its connection reports its own trouble. */
  async function askFor(some: readonly Waiting[]): Promise<readonly string[] | null> {
    const limits = [options.rememberS, options.claimsMax, freedAtLeast + some.length];
    const wanted = some.flatMap(({ id, partition }) => [id, partition]);
    try {
      const answers: unknown = await redis.eval(takeAll, keys.length, ...keys, ...limits, ...wanted);
      return Array.isArray(answers) ? answers.map(String) : null;
    } catch {
      return null;
    }
  }

  return {
    take: async (commandId, partition) => {
      const answer = await new Promise<string | null>((settle) => {
        waiting.push({ id: bytesOf(commandId), partition, settle });
        if (waiting.length === 1) setImmediate(() => void flush());
      });
      if (answer === 'taken') return { kind: 'taken' };
      if (answer === null) return { kind: 'skipped', reason: 'unavailable' };
      if (answer === 'full') return { kind: 'skipped', reason: 'full' };
      return { kind: 'held', partition: Number(answer) };
    },
    release: async (commandId, partition) => {
      try {
        await redis.eval(release, keys.length, ...keys, bytesOf(commandId), partition);
      } catch {
        // A claim that stays although nothing was appended is only in the way of the same key in another partition.
      }
    },
  };
}

/** 16 bytes for a uuid: a million claims stay below 250 MB. */
function bytesOf(commandId: string): Buffer {
  return Buffer.from(commandId.replaceAll('-', ''), 'hex');
}
