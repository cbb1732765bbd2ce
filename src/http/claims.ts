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

/** Expired claims freed by each new one; more than one, so that the backlog shrinks. */
const freedByOne = 20;

const take = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local expired = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ${freedByOne})
if #expired > 0 then
  redis.call('ZREM', KEYS[2], unpack(expired))
  redis.call('HDEL', KEYS[1], unpack(expired))
end
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held and tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or 0) > now then return held end
if not held and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then return 'full' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], now + ARGV[3] * 1000, ARGV[1])
return 'taken'
`;

const release = `
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
end
`;

/** Claims in Redis: a hash of partitions and a sorted set of expiry times (ms), both by command id. */
export function createClaims(redis: Redis, options: ClaimsOptions): Claims {
  const keys = [`${options.prefix}:{claims}:partition`, `${options.prefix}:{claims}:expiry`];
  return {
    take: async (commandId, partition) => {
      try {
        const args = [partition, options.rememberS, options.claimsMax];
        const answer = String(await redis.eval(take, keys.length, ...keys, bytesOf(commandId), ...args));
        if (answer === 'taken') return { kind: 'taken' };
        if (answer === 'full') return { kind: 'skipped', reason: 'full' };
        return { kind: 'held', partition: Number(answer) };
      } catch {
        // The connection reports its own trouble; here it only means that there is no claim.
        return { kind: 'skipped', reason: 'unavailable' };
      }
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
