-- Shared: dead letters and their records. Needs documents.lua.

-- A record made by the store itself.
local function record(class, message, entry)
  local point = entry and entry.checkpoint or {}
  return cjson.encode({
    chain = point.chain, current = point.current, class = class, message = message,
    attempts = entry and entry.lost_leases or 0, at_ms = now_ms(),
  })
end

-- Records of letters that a third party took away are forgotten when the list starts anew.
local function bury(letters, records, id, text)
  if redis.call('RPUSH', letters, id) == 1 then redis.call('DEL', records) end
  redis.call('HSET', records, id, text)
end
