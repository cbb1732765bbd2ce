// The scripts of the sink in Redis. Each is atomic: nobody sees half of what it does.

/** Cells of a row, as text; null takes the cell away. */
export interface RowChange {
  /** Index of the table. */
  readonly t: number;
  readonly row: string;
  /** What to do where the row is there already: `keep` it, or `change` it. `remove`: take it away. */
  readonly op: 'keep' | 'change' | 'remove';
  /** Fields and values, in turn. */
  readonly set: readonly string[];
  /** Fields to take away. */
  readonly gone: readonly string[];
  /** Fields and what to add to them; with the sorted sets that follow each. */
  readonly add: readonly { readonly field: string; readonly n: string; readonly ranks: readonly Rank[] }[];
  /** Sorted sets that take their score from a value that was set; null takes the member away. */
  readonly ranks: readonly (Rank & { readonly score: string | null })[];
}

export interface Rank {
  readonly set: string;
  readonly member: string;
}

/**
 * KEYS: checkpoints, mark of a restore, names of the sorted sets, then the rows of each table. ARGV: moves as JSON, row
 * changes as JSON. Answers `applied`, `stale`, or `restoring` while somebody builds everything anew. Numbers travel as
 * text, because Lua prints them with 14 digits. An error in the middle would leave half of a batch: then the
 * checkpoints go, so that everything is built anew.
 */
export const applyScript = `
if redis.call('EXISTS', KEYS[2]) == 1 then return 'restoring' end
local moves = cjson.decode(ARGV[1])
for _, move in ipairs(moves) do
  if (redis.call('HGET', KEYS[1], move[1]) or '0') ~= move[2] then return 'stale' end
end
local function call(...)
  local answer = redis.pcall(...)
  if type(answer) == 'table' and answer.err then
    redis.call('DEL', KEYS[1])
    error(answer.err)
  end
  return answer
end
local function rank(set, score, member)
  call('ZADD', set, score, member)
  call('SADD', KEYS[3], set)
end
for _, change in ipairs(cjson.decode(ARGV[2])) do
  local rows = KEYS[4 + change.t]
  local isThere = change.op == 'keep' and redis.call('HEXISTS', rows, change.row) == 1
  if change.op == 'remove' then
    call('HDEL', rows, change.row)
  elseif not isThere then
    call('HSET', rows, change.row, '')
  end
  if not isThere then
    for i = 1, #change.set, 2 do call('HSET', rows, change.set[i], change.set[i + 1]) end
    for _, field in ipairs(change.gone) do call('HDEL', rows, field) end
    for _, add in ipairs(change.add) do
      local sum = call('HINCRBY', rows, add.field, add.n)
      for _, one in ipairs(add.ranks) do rank(one.set, string.format('%.0f', -sum), one.member) end
    end
    for _, one in ipairs(change.ranks) do
      if one.score == cjson.null then call('ZREM', one.set, one.member) else rank(one.set, one.score, one.member) end
    end
  end
end
for _, move in ipairs(moves) do redis.call('HSET', KEYS[1], move[1], move[3]) end
return 'applied'
`;

/**
 * Puts what was built aside in the place of everything. KEYS as in `applyScript`, then the built rows of each table.
 * ARGV: the token of the restore, checkpoints (partition and next, in turn) as JSON, built sorted sets with their names
 * as JSON. Answers 1, or 0 where the mark is no longer this restore's.
 */
export const swapScript = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
local tables = (#KEYS - 3) / 2
for i = 4, 3 + tables do
  redis.call('UNLINK', KEYS[i])
  if redis.call('EXISTS', KEYS[i + tables]) == 1 then
    redis.call('RENAME', KEYS[i + tables], KEYS[i])
    redis.call('PERSIST', KEYS[i])
  end
end
for _, set in ipairs(redis.call('SMEMBERS', KEYS[3])) do redis.call('UNLINK', set) end
redis.call('DEL', KEYS[3], KEYS[1])
for _, set in ipairs(cjson.decode(ARGV[3])) do
  redis.call('RENAME', set[1], set[2])
  redis.call('PERSIST', set[2])
  redis.call('SADD', KEYS[3], set[2])
end
for _, one in ipairs(cjson.decode(ARGV[2])) do redis.call('HSET', KEYS[1], one[1], one[2]) end
redis.call('DEL', KEYS[2])
return 1
`;

/** Keeps the mark of a restore for longer. KEYS: the mark. ARGV: token, milliseconds. Answers 1 or 0. */
export const keepMarkScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`;
