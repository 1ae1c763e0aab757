-- Takes a lock, or renews it for its holder.
-- KEYS: 1 the lock (string)
-- ARGV: holder, lease in ms
-- Guarantees: all or nothing. Repeating it changes nothing more.
-- Returns 1, or 0 when another holder has the lock.

local holder, lease = take(), number()
must_be(KEYS[1], 'string')
local has = redis.call('GET', KEYS[1])
if has and has ~= holder then return 0 end
redis.call('SET', KEYS[1], holder, 'PX', lease)
return 1
