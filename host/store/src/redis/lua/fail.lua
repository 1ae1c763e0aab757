-- Ends a claim after a failure: the entry becomes a dead letter.
-- KEYS: 1 claims (hash), 2 leases (sorted set), 3 ended (sorted set), 4 dead letters (list), 5
--       records (hash)
-- ARGV: claim id, entry, record as JSON text, dead-letter lifetime in seconds, n, then n ids that
--       get that lifetime; trail (lib/trail.lua)
-- Guarantees: all or nothing, and nothing without the claim.

local claim, entry, text, seconds, ids = take(), take(), take(), number(), several()
local trail = take_trail()
local held = redis.call('HGET', KEYS[1], claim)
if not held then return how_it_ended(KEYS[3], claim, 'fail') end
must_be(KEYS[4], 'list')

bury(KEYS[4], KEYS[5], entry, text)
lets_go(held, entry)
for _, id in ipairs(ids) do keep_dead(id, seconds) end
drop(KEYS[1], KEYS[2], KEYS[3], claim, 'fail')
note_trail(trail)
return { 'done' }
