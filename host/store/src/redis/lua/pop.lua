-- Removes entries from the tail of a list.
-- KEYS: 1 the list
-- ARGV: name of the step, number of entries
-- Guarantees: sent again with the same name (its reply was lost with the connection), it returns the
-- same entries. They are kept for as long as the names of other steps (lib/once.lua).
-- Returns the entries, the newest first.

local MAX_ARGUMENTS = 1000   -- of one command; Lua's stack holds some 8,000 values

local step, count = take(), number()
local kept = 'vconduit:popped:' .. step
local before = redis.call('LRANGE', kept, 0, -1)
if #before > 0 then return before end

must_be(KEYS[1], 'list')
local found = redis.call('LRANGE', KEYS[1], -count, -1)
if #found == 0 then return {} end
local popped = {}
for i = #found, 1, -1 do popped[#popped + 1] = found[i] end

-- A server without memory refuses to keep them. The entries are returned all the same: consumers
-- have to be able to drain a list then.
for first = 1, #popped, MAX_ARGUMENTS do
  redis.pcall('RPUSH', kept, unpack(popped, first, math.min(first + MAX_ARGUMENTS - 1, #popped)))
end
redis.call('EXPIRE', kept, ONCE_SECONDS)
redis.call('LTRIM', KEYS[1], 0, -#found - 1)
if is_ingress(KEYS[1]) then
  for _, id in ipairs(popped) do leaves(KEYS[1], id) end
end
return popped
