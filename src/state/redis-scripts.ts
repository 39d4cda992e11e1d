import { createHash } from 'node:crypto'

/** A Lua script with the name under which the server knows it. Uses the server's clock and one key. */
export interface RedisScript {
  readonly text: string
  /** SHA-1 of the text: that is how EVALSHA names scripts. */
  readonly sha: string
}

function script(text: string): RedisScript {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

/**
 * A bucket (lib/gcra.ts) in sixteenths of a microsecond. ARGV: interval, capacity.
 * → passed (0 or 1), units left, µs until full (or, refused, until one unit is there), µs that the one before has to wait.
 * Counted from 2023-11-14, so that the times are whole numbers in a double for centuries.
 */
export const bucketScript: RedisScript = script(`
local t = redis.call('TIME')
local now = ((tonumber(t[1]) - 1700000000) * 1000000 + tonumber(t[2])) * 16
local interval, capacity = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = redis.call('GET', KEYS[1])
local ahead = full and tonumber(full) - now or 0
if ahead < 0 then ahead = 0 elseif ahead > capacity then ahead = capacity end
local after = ahead + interval
if after > capacity then return {0, 0, math.ceil((after - capacity) / 16), 0} end
redis.call('SET', KEYS[1], string.format('%.0f', now + after), 'PX', math.ceil(after / 16000) + 1)
return {1, math.floor((capacity - after) / interval), math.ceil(after / 16), math.ceil(ahead / 16)}
`)

/**
 * A sliding window (lib/sliding-window.ts): a list of \`expiry:count\`, newest first. ARGV: window in µs, amount, admissions per cell.
 * → as above; the fourth is 0.
 */
export const windowScript: RedisScript = script(`
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
local window, amount, per = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local key = KEYS[1]
local function cell(index)
  local text = redis.call('LINDEX', key, index)
  if not text then return nil, 0 end
  local expiry, count = string.match(text, '^(%d+):(%d+)$')
  return tonumber(expiry), tonumber(count)
end
local oldest = cell(-1)
while oldest and oldest <= now do
  redis.call('RPOP', key)
  oldest = cell(-1)
end
local newest, count = cell(0)
local held = 0
if newest then held = (redis.call('LLEN', key) - 1) * per + count end
if held >= amount then return {0, 0, oldest - now, 0} end
local expiry = now + window
if newest and newest > expiry then expiry = newest end
if newest and count < per then
  redis.call('LSET', key, 0, string.format('%.0f:%d', expiry, count + 1))
else
  redis.call('LPUSH', key, string.format('%.0f:1', expiry))
end
redis.call('PEXPIRE', key, math.ceil((expiry - now) / 1000) + 1)
return {1, amount - held - 1, expiry - now, 0}
`)

/** Reads the epoch of the store, or writes the one in ARGV[1]. → was it there (0 or 1), the epoch. It lives a day from the last look. */
export const epochScript: RedisScript = script(`
local epoch = redis.call('GET', KEYS[1])
if epoch then
  redis.call('PEXPIRE', KEYS[1], 86400000)
  return {1, epoch}
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', 86400000)
return {0, ARGV[1]}
`)
