-- Takes up to n entries from the head of a list, each under a claim with a lease.
-- KEYS: 1 list, 2 claims (hash), 3 leases (sorted set), 4 resume (hash), 5 dead letters (list), 6
--       records (hash), 7 ended (sorted set), 8 lists that had claims (set, see survey.lua)
-- ARGV: host as JSON text, lease in ms, time for which ends of claims are remembered in ms, n, then
--       n claim ids
-- Guarantees: an entry is on the list or under a claim, never in neither. An entry that can't be an
-- id becomes a dead letter. Sent again with the same claim ids (its reply was lost with the
-- connection) it returns the same entries.
-- Returns n times: id, lost leases, context or '', checkpoint. Empty for a claim id that was not
-- used.

local host, lease, memory, names = take(), number(), number(), several()

local function reply_again()
  local reply = {}
  for _, name in ipairs(names) do
    local text = redis.call('HGET', KEYS[2], name)
    local entry = text and cjson.decode(text)
    local context = entry and entry.context ~= cjson.null and entry.context or ''
    reply[#reply + 1] = entry and { entry.vcon, entry.lost_leases, context, cjson.encode(entry.checkpoint) } or {}
  end
  return reply
end
-- Any of them, because the first may have ended or been recovered meanwhile. Claimed again, the names
-- of the others would take new entries, and theirs would be lost.
for _, held in ipairs(redis.call('HMGET', KEYS[2], unpack(names))) do
  if held then return reply_again() end
end

must_be(KEYS[1], 'list')
must_be(KEYS[5], 'list')
local found = redis.call('LRANGE', KEYS[1], 0, #names - 1)
if #found == 0 then return {} end

local now = now_ms()
-- The first write is one that Redis refuses when it is out of memory. If the entries were removed
-- first, they would be lost.
redis.call('ZADD', KEYS[3], now + lease, names[1])
redis.call('SADD', KEYS[8], KEYS[1])
redis.call('ZREMRANGEBYSCORE', KEYS[7], '-inf', now - memory)

local resumes = redis.call('EXISTS', KEYS[4]) == 1
local micros = redis.call('TIME')
local stamp = string.format('%010d%06d', micros[1], micros[2])

-- Returns the state of an entry: lost leases, context, checkpoint.
local function state(id)
  local note = resumes and redis.call('HGET', KEYS[4], id)
  if not note then
    local key = 'context:' .. KEYS[1] .. ':' .. id
    local context = redis.pcall('LPOP', key)
    return 0, type(context) == 'string' and context or '', FRESH
  end
  redis.call('HDEL', KEYS[4], id)
  note = cjson.decode(note)
  return note.lost_leases, note.context ~= cjson.null and note.context or '', cjson.encode(note.checkpoint)
end

local reply, hash, leases = {}, {}, {}
for i, id in ipairs(found) do
  local fault = fault_of(id)
  if fault then
    bury(KEYS[5], KEYS[6], id, record('entry', fault .. ' and cannot be a vCon id'))
  else
    local lost, context, checkpoint = state(id)
    is_claimed(KEYS[1], id)
    local name = names[#reply + 1]
    reply[#reply + 1] = { id, lost, context, checkpoint }
    hash[#hash + 1] = name
    -- `order` keeps the order of the list for entries that return to it.
    hash[#hash + 1] = '{"host":' .. host .. ',"vcon":' .. cjson.encode(id) .. ',"order":"' .. stamp
      .. string.format('%05d', i) .. '","lost_leases":' .. lost .. ',"context":' .. text_or_null(context)
      .. ',"checkpoint":' .. checkpoint .. '}'
    leases[#leases + 1] = now + lease
    leases[#leases + 1] = name
  end
end
if #reply > 0 then
  redis.call('HSET', KEYS[2], unpack(hash))
  redis.call('ZADD', KEYS[3], unpack(leases))
else
  redis.call('ZREM', KEYS[3], names[1])
end
redis.call('LTRIM', KEYS[1], #found, -1)
return reply
