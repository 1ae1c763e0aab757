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
-- killing its workers becomes a dead letter.
local function note_for_resume(resume, entry)
  local lost = entry.lost_leases
  local before = redis.call('HGET', resume, entry.vcon)
  if before then lost = math.max(lost, cjson.decode(before).lost_leases) end
  redis.call('HSET', resume, entry.vcon, '{"lost_leases":' .. lost
    .. ',"context":' .. text_or_null(entry.context)
    .. ',"checkpoint":' .. cjson.encode(entry.checkpoint) .. '}')
end
