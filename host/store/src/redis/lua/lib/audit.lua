-- Shared: the audit log, the newest entry first.

local function note_audit(log, entry, most)
  if redis.call('LPUSH', log, entry) > most then redis.call('LTRIM', log, 0, most - 1) end
end
