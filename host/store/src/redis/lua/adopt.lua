-- Protects the documents of entries that were on a list before it became an ingress list.
-- KEYS: 1 list, 2 ingress lists (hash, see ingress.lua)
-- ARGV: number of entries at the tail that are done, number of entries in one step
-- Guarantees: going from the tail, no entry is passed over while others are claimed and pushed.
-- Returns the number of entries examined.

local done, count = number(), number()
must_be(KEYS[1], 'list')
if not is_ingress(KEYS[1]) then return 0 end
local ids = redis.call('LRANGE', KEYS[1], -done - count, -done - 1)
for _, id in ipairs(ids) do
  if not fault_of(id) then adopts(KEYS[1], id) end
end
if #ids < count then redis.call('HSET', KEYS[2], KEYS[1], 'done') end
return #ids
