-- Adds a dead letter without a claim.
-- KEYS: 1 dead letters (list), 2 records (hash)
-- ARGV: name of the step, id, record as JSON text, dead-letter lifetime in seconds
-- Guarantees: all or nothing, and once however often it is sent.

local step, id, text, seconds = take(), take(), take(), number()
must_be(KEYS[1], 'list')
must_be(KEYS[2], 'hash')
if done_before(step) then return 1 end
bury(KEYS[1], KEYS[2], id, text)
keep_dead(id, seconds)
return 1
