-- Adds a dead letter without a claim.
-- KEYS: 1 dead letters (list), 2 records (hash)
-- ARGV: id, record as JSON text, dead-letter lifetime in seconds
-- Guarantees: all or nothing.

local id, text, seconds = take(), take(), number()
must_be(KEYS[1], 'list')
bury(KEYS[1], KEYS[2], id, text)
keep_dead(id, seconds)
return 1
