-- Removes one dead letter, the oldest with its id.
-- KEYS: 1 dead letters (list), 2 records (hash)
-- ARGV: the step's own name, id
-- Guarantees: all of it or nothing, and once however often it is sent. Its record is forgotten (that of an equal letter
-- stays). Answers 1, or 0 when there is no such letter.

local step, id = take(), take()
must_be(KEYS[1], 'list')
if was_done(step) then return 1 end
if redis.call('LREM', KEYS[1], 1, id) == 0 then return 0 end
if not redis.call('LPOS', KEYS[1], id) then redis.call('HDEL', KEYS[2], id) end
remember(step)
return 1
