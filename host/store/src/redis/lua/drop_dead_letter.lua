-- Removes one dead letter, the oldest with its id.
-- KEYS: 1 dead letters (list), 2 records (hash)
-- ARGV: name of the step, id
-- Guarantees: all or nothing, and once however often it is sent. The record is deleted with the
-- last letter of this id.
-- Returns 1, or 0 when there is no such letter.

local step, id = take(), take()
must_be(KEYS[1], 'list')
if was_done(step) then return 1 end
if redis.call('LREM', KEYS[1], 1, id) == 0 then return 0 end
if not redis.call('LPOS', KEYS[1], id) then redis.call('HDEL', KEYS[2], id) end
remember(step)
return 1
