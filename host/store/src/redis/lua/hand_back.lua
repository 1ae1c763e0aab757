-- Returns an entry to the head of its list, with its checkpoint. Its worker does so, or people take
-- it from the worker.
-- KEYS: 1 list, 2 claims (hash), 3 leases (sorted set), 4 ended (sorted set), 5 resume (hash)
-- ARGV: claim id, kind of the end: `back` or `force`
-- Guarantees: all or nothing, and nothing without the claim. Does not count as a lost lease. A
-- worker that the entry was taken from gets `lost`, because its own endings are of other kinds.

local claim, how = take(), take()
local text = redis.call('HGET', KEYS[2], claim)
if not text then return how_it_ended(KEYS[4], claim, how) end
must_be(KEYS[1], 'list')

local entry = cjson.decode(text)
redis.call('LPUSH', KEYS[1], entry.vcon)
note_for_resume(KEYS[1], KEYS[5], entry)
drop(KEYS[2], KEYS[3], KEYS[4], claim, how)
return { 'done' }
