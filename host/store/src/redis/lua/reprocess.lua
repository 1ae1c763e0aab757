-- Moves dead letters back to the tail of their list, oldest first.
-- KEYS: 1 dead letters (list), 2 list, 3 records (hash), 4 resume (hash)
-- ARGV: name of the step, number of letters
-- Guarantees: a letter is always on one of the two lists. Its record and its checkpoint are
-- deleted. Sent again with the same name, it moves nothing and returns the same number.

local step, count = take(), number()
local before = result_of(step)
if before then return tonumber(before) end
must_be(KEYS[1], 'list')
must_be(KEYS[2], 'list')
local ids = redis.call('LRANGE', KEYS[1], 0, count - 1)
if #ids == 0 then return 0 end
remember(step, #ids)
redis.call('RPUSH', KEYS[2], unpack(ids))
redis.call('LTRIM', KEYS[1], #ids, -1)
redis.call('HDEL', KEYS[3], unpack(ids))
for _, id in ipairs(ids) do
  forget_note(KEYS[4], id)
  enters(KEYS[2], id)
end
return #ids
