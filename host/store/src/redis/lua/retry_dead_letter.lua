-- Moves one dead letter, the oldest with its id, back to the tail of its list.
-- KEYS: 1 dead letters (list), 2 list, 3 records (hash), 4 resume (hash)
-- ARGV: name of the step, id, checkpoint as JSON text or ''
-- Guarantees: the letter is always on one of the two lists, and moves once however often this is
-- sent. The record is deleted with the last letter of this id. The next claim gets this checkpoint
-- and nothing of an older one.
-- Returns 1, or 0 when there is no such letter.

local step, id, checkpoint = take(), take(), take()
must_be(KEYS[1], 'list')
must_be(KEYS[2], 'list')
if was_done(step) then return 1 end
if not redis.call('LPOS', KEYS[1], id) then return 0 end

redis.call('RPUSH', KEYS[2], id)
redis.call('LREM', KEYS[1], 1, id)
if not redis.call('LPOS', KEYS[1], id) then redis.call('HDEL', KEYS[3], id) end
forget_note(KEYS[4], id)
enters(KEYS[2], id)
if checkpoint ~= '' then
  moves(nil, switched(cjson.decode(checkpoint), id))
  redis.call('HSET', KEYS[4], id, '{"lost_leases":0,"context":null,"checkpoint":' .. checkpoint .. '}')
end
remember(step)
return 1
