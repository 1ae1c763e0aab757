-- Moves one dead letter, the oldest with its id, back to the tail of its list.
-- KEYS: 1 dead letters (list), 2 list, 3 records (hash), 4 resume (hash)
-- ARGV: the step's own name, id, checkpoint as JSON text or ''
-- Guarantees: the letter is on one of the two lists, never on none, and moves once however often it is sent. Its record
-- is forgotten (that of an equal letter stays). The checkpoint is the only one that the next claim knows.
-- Answers 1, or 0 when there is no such letter.

local step, id, checkpoint = take(), take(), take()
must_be(KEYS[1], 'list')
must_be(KEYS[2], 'list')
if was_done(step) then return 1 end
if not redis.call('LPOS', KEYS[1], id) then return 0 end

redis.call('RPUSH', KEYS[2], id)
redis.call('LREM', KEYS[1], 1, id)
if not redis.call('LPOS', KEYS[1], id) then redis.call('HDEL', KEYS[3], id) end
if checkpoint == '' then
  redis.call('HDEL', KEYS[4], id)
else
  redis.call('HSET', KEYS[4], id, '{"lost_leases":0,"context":null,"checkpoint":' .. checkpoint .. '}')
end
remember(step)
return 1
