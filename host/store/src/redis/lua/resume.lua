-- Continues parked runs whose id has come back, and ends those that were parked too long.
-- KEYS: 1 list, 2 the list of ids that came back, 3 resume (hash), 4 parked (hash), 5 parked-until
--       (sorted set), 6 dead letters (list), 7 records (hash)
-- ARGV: dead-letter lifetime in seconds, number of entries in one step
-- Guarantees: a run is parked, on its list, or a dead letter. A run whose id has come back is never
-- ended as parked too long, however many ids wait before it.
-- Returns the ids returned, the ids that became dead letters, and the number of entries examined.

local seconds, limit = number(), number()
must_be(KEYS[1], 'list')
must_be(KEYS[2], 'list')
must_be(KEYS[6], 'list')
local now = now_ms()
local returned, dead = {}, {}

local function keep(current, waiting)
  if #waiting == 0 then
    redis.call('HDEL', KEYS[4], current)
    redis.call('ZREM', KEYS[5], current)
    return
  end
  local ends = waiting[1].ends
  for _, run in ipairs(waiting) do ends = math.min(ends, run.ends) end
  redis.call('HSET', KEYS[4], current, cjson.encode(waiting))
  redis.call('ZADD', KEYS[5], ends, current)
end

local function died(id, text)
  bury(KEYS[6], KEYS[7], id, text)
  keep_dead(id, seconds)
  dead[#dead + 1] = id
end

-- A consumer that is not sure pushes an id again. The first one has continued its run.
local REMEMBERED_SECONDS = 3600   -- the usual time for a hand-off
local function resumed_key(id) return 'vconduit:resumed:{' .. KEYS[1] .. '}:' .. id end

-- Returns true for an id that came back too late: its run is a dead letter already, with a better
-- reason. Searches the list only for an id that has a record.
local function is_dead(id)
  return redis.call('HEXISTS', KEYS[7], id) == 1 and redis.call('LPOS', KEYS[6], id)
end

local back = redis.call('LRANGE', KEYS[2], 0, limit - 1)
for _, current in ipairs(back) do
  local waiting = cjson.decode(redis.call('HGET', KEYS[4], current) or '[]')
  local run = table.remove(waiting, 1)
  if run then
    note_for_resume(KEYS[1], KEYS[3], run)
    keep(current, waiting)
    redis.pcall('SET', resumed_key(current), '1', 'EX', REMEMBERED_SECONDS)
    returned[#returned + 1] = run.vcon
  elseif redis.call('EXISTS', resumed_key(current)) == 0 and not is_dead(current) then
    died(current, record('resume', 'the id came back from a hand-off, but no run was waiting for it'))
  end
end
-- Pushed in reverse, so that the first that came back is the head of the list.
for i = #returned, 1, -1 do redis.call('LPUSH', KEYS[1], returned[i]) end
redis.call('LTRIM', KEYS[2], #back, -1)

-- While more ids wait, that of a late run may be among them.
local late = #back < limit and redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', now, 'LIMIT', 0, limit) or {}
for _, current in ipairs(late) do
  local waiting = {}
  for _, run in ipairs(cjson.decode(redis.call('HGET', KEYS[4], current) or '[]')) do
    if run.ends > now then
      waiting[#waiting + 1] = run
    else
      lets_go(cjson.encode(run), run.vcon)
      died(run.vcon, record('hand-off', 'the vCon was handed off and did not come back in time', run))
      if current ~= run.vcon then keep_dead(current, seconds) end
    end
  end
  keep(current, waiting)
end
return { returned, dead, math.max(#back, #late) }
