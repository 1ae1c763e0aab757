-- Shared: dead letters and their records. Needs documents.lua.

-- Returns a record made by the store itself.
local function record(class, message, entry)
  local point = entry and entry.checkpoint or {}
  return cjson.encode({
    chain = point.chain, current = point.current, class = class, message = message,
    attempts = entry and entry.lost_leases or 0, at_ms = now_ms(),
  })
end

-- Adds a dead letter. When the list was empty, deletes the records of letters that other programs
-- have taken.
local function bury(letters, records, id, text)
  if redis.call('RPUSH', letters, id) == 1 then redis.call('DEL', records) end
  redis.call('HSET', records, id, text)
end
