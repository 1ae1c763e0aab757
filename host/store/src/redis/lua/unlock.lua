-- Releases a lock, if this holder has it.
-- KEYS: 1 the lock (string)
-- ARGV: holder
-- Guarantees: all or nothing. Repeating it changes nothing more.
-- Returns 1, or 0 when this holder does not have the lock.

local holder = take()
must_be(KEYS[1], 'string')
if redis.call('GET', KEYS[1]) ~= holder then return 0 end
redis.call('DEL', KEYS[1])
return 1
