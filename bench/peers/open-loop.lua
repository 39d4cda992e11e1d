-- An open loop in wrk (one thread): requests fall due at $RATE a second whatever the answers do, $TOTAL of them, and whichever connection is free takes
-- the next. A request that finds none free goes out late; how late is counted, so that a stall shows in every request that it delayed.
-- What they are is in tokens.lua beside it. Prints one line of JSON.
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "tokens.lua")
local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds; long nanoseconds; } instant;
  int clock_gettime(int clock, instant *now);
]]
local monotonic, instant = 1, ffi.new("instant")
local function now_ms()
  ffi.C.clock_gettime(monotonic, instant)
  return tonumber(instant.seconds) * 1e3 + tonumber(instant.nanoseconds) / 1e6
end

local rate, total = tonumber(os.getenv("RATE")), tonumber(os.getenv("TOTAL"))
local beyond = 3.6e6
local threads = {}
setup = function(thread) threads[#threads + 1] = thread end

local taken, started = 0, nil
lags = {} -- how many went out so many whole ms late

delay = function()
  local now = now_ms()
  if not started then started = now end
  if taken >= total then return beyond end
  taken = taken + 1
  local wait = started + taken * 1e3 / rate - now
  if wait > 0 then
    lags[1] = (lags[1] or 0) + 1
    return math.ceil(wait)
  end
  local bin = math.floor(-wait) + 1
  lags[bin] = (lags[bin] or 0) + 1
  return 0
end

local function percentile(counts, share)
  local all, bins = 0, {}
  for bin, count in pairs(counts) do
    all = all + count
    bins[#bins + 1] = bin
  end
  table.sort(bins)
  local seen = 0
  for _, bin in ipairs(bins) do
    seen = seen + counts[bin]
    if seen >= share * all then return bin - 1 end
  end
  return 0
end

done = function(summary, latency)
  local late = threads[1]:get("lags")
  local errors = summary.errors
  io.write(string.format(
    '{"answered":%d,"broken":%d,"refused":%d,"p50Ms":%.3f,"p99Ms":%.3f,"p999Ms":%.3f,"maxMs":%.3f,"lateP50Ms":%d,"lateP99Ms":%d,"lateMaxMs":%d}\n',
    summary.requests, errors.connect + errors.read + errors.write + errors.timeout, errors.status,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3, latency.max / 1e3,
    percentile(late, 0.5), percentile(late, 0.99), percentile(late, 1)))
end
