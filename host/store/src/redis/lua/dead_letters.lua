-- Reads dead letters with their records.
-- KEYS: 1 dead letters (list), 2 records (hash)
-- ARGV: first, last (as in LRANGE)
-- Guarantees: changes nothing. Letters and records are of one moment.
-- Returns ids and records (nil where there is none).

local ids = redis.call('LRANGE', KEYS[1], take(), take())
local records = {}
for i, id in ipairs(ids) do records[i] = redis.call('HGET', KEYS[2], id) end
return { ids, records }
