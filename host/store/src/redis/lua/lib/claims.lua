-- Shared: claims, their leases, and the ends of claims, which are remembered for a short time. A
-- worker can repeat a step whose reply was lost with the connection: the same step on the same
-- claim returns `again` instead of `lost`.

local FRESH = '{"next_link":0,"began_ms":0}'

local function drop(claims, leases, ended, claim, how)
  redis.call('HDEL', claims, claim)
  redis.call('ZREM', leases, claim)
  -- Without memory for this, the step itself is still done.
  redis.pcall('ZADD', ended, now_ms(), claim .. ':' .. how)
end

local function how_it_ended(ended, claim, how)
  if redis.call('ZSCORE', ended, claim .. ':' .. how) then return { 'again' } end
  return { 'lost' }
end

local function text_or_null(text)
  if text and text ~= '' and text ~= cjson.null then return cjson.encode(text) end
  return 'null'
end

-- Notes the state of an entry that returns to its list. Two entries with the same id share one
-- note: the later checkpoint, and the higher number of lost leases, so that an id that keeps
-- killing its workers becomes a dead letter. Needs holds.lua.
local function note_for_resume(list, resume, entry)
  local lost = entry.lost_leases
  local before = redis.call('HGET', resume, entry.vcon)
  if before then
    before = cjson.decode(before)
    lost = math.max(lost, before.lost_leases)
  end
  comes_back(list, entry.vcon)
  redis.call('HSET', resume, entry.vcon, '{"lost_leases":' .. lost
    .. ',"context":' .. text_or_null(entry.context)
    .. ',"checkpoint":' .. cjson.encode(entry.checkpoint) .. '}')
  if before then moves(switched(before.checkpoint, entry.vcon), nil) end
end

-- Deletes the note about an entry, so that its next run begins anew.
local function forget_note(resume, id)
  local note = redis.call('HGET', resume, id)
  if not note then return end
  moves(switched(cjson.decode(note).checkpoint, id), nil)
  redis.call('HDEL', resume, id)
end
