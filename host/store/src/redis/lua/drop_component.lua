-- Removes a component with its parts.
-- KEYS: 1 component (hash: upload, size, chunks, about)
-- ARGV: name of the step
-- Guarantees: all or nothing.
-- Returns 1 if there was one.

local step = take()
must_be(KEYS[1], 'hash')
if was_done(step) then return 1 end
local is = redis.call('HMGET', KEYS[1], 'upload', 'chunks')
if not is[1] then return 0 end
redis.call('DEL', KEYS[1])
for i = 0, tonumber(is[2]) - 1 do redis.call('UNLINK', KEYS[1] .. ':' .. is[1] .. ':' .. string.format('%d', i)) end
remember(step)
return 1
