-- Shared: the audit log, the newest entry first.

local function note_audit(log, entry, max_entries)
  if redis.call('LPUSH', log, entry) > max_entries then redis.call('LTRIM', log, 0, max_entries - 1) end
end
