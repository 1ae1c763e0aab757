-- Takes entries from workers whose lease has run out.
-- KEYS: 1 list, 2 claims (hash), 3 leases (sorted set), 4 resume (hash), 5 dead letters (list), 6
--       records (hash), 7 contact (hash)
-- ARGV: lease of the hosts in ms, number of lost leases that makes a dead letter, dead-letter
--       lifetime in seconds, number of entries in one step, number of entries that are put in order
-- Guarantees: an entry is under a claim, on the list, or a dead letter. Returned entries keep their
-- order on the list, also over several steps: each takes the entries that come last. Only a run that
-- has begun loses a lease. After a gap in which nobody reaped, nothing is taken before every live
-- host could renew its leases (lib/contact.lua).
-- Returns the ids returned, the ids that became dead letters, and the number of entries examined.

local lease, max_lost, seconds, limit, at_once = number(), number(), number(), number(), number()
must_be(KEYS[1], 'list')
must_be(KEYS[5], 'list')
if not hosts_had_their_chance(KEYS[7], lease) then return { {}, {}, 0 } end
local due = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now_ms(), 'WITHSCORES', 'LIMIT', 0, at_once)

local expired = {}
for i = 1, #due, 2 do
  local name, score = due[i], due[i + 1]
  local text = redis.call('HGET', KEYS[2], name)
  if text then
    -- Found without decoding: only the entries of this step are decoded.
    local order = string.match(text, '"order":"(%d+)"') or ''
    expired[#expired + 1] = { name = name, text = text, order = order, begun = has_begun(score) }
  else
    redis.call('ZREM', KEYS[3], name)
  end
end
table.sort(expired, function(a, b) return a.order < b.order end)

local entries = {}
for i = math.max(1, #expired - limit + 1), #expired do
  local entry = cjson.decode(expired[i].text)
  entry.name, entry.text, entry.begun = expired[i].name, expired[i].text, expired[i].begun
  entries[#entries + 1] = entry
end

local returned, dead = {}, {}
local function take_away(entry)
  redis.call('HDEL', KEYS[2], entry.name)
  redis.call('ZREM', KEYS[3], entry.name)
end

for _, entry in ipairs(entries) do
  -- A claim whose reply was lost, or that still waited to run, has not harmed its worker.
  local counts = entry.begun or entry.step
  if counts then entry.lost_leases = entry.lost_leases + 1 end
  if counts and entry.lost_leases >= max_lost then
    local message = 'the lease ran out ' .. entry.lost_leases
      .. ' times: each worker that took the entry stopped, hung or panicked'
    bury(KEYS[5], KEYS[6], entry.vcon, record('lost-lease', message, entry))
    lets_go(entry.text, entry.vcon)
    keep_dead(entry.vcon, seconds)
    local aside = switched(entry.checkpoint, entry.vcon)
    if aside then keep_dead(aside, seconds) end
    dead[#dead + 1] = entry.vcon
    take_away(entry)
  else
    returned[#returned + 1] = entry
  end
end
for i = #returned, 1, -1 do
  redis.call('LPUSH', KEYS[1], returned[i].vcon)
  note_for_resume(KEYS[1], KEYS[4], returned[i])
  take_away(returned[i])
end
forgets_stale(KEYS[1], KEYS[4])
local ids = {}
for i, entry in ipairs(returned) do ids[i] = entry.vcon end
return { ids, dead, #entries }
