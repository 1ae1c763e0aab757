-- Replaces the set of ingress lists, whose entries hold their documents (lib/holds.lua).
-- KEYS: 1 ingress lists (hash): list → `new`, or `done` once adopt.lua has been through it
-- ARGV: n, then n lists
-- Guarantees: all or nothing. A list that stays in the set is in it at any moment.
-- Returns the lists that are new.

local wanted, new = {}, {}
for _, list in ipairs(several()) do
  wanted[list] = true
  redis.call('HSETNX', KEYS[1], list, 'new')
end
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if not wanted[all[i]] then
    redis.call('HDEL', KEYS[1], all[i])
  elseif all[i + 1] == 'new' then
    new[#new + 1] = all[i]
  end
end
return new
