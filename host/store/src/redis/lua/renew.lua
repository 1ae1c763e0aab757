-- Renews leases.
-- KEYS: 1 claims (hash), 2 leases (sorted set)
-- ARGV: lease in ms, n, then n claim ids
-- Guarantees: a lost claim stays lost.
-- Returns the ids of lost claims.

local lease, names = number(), several()
local expiry = now_ms() + lease
local lost = {}
for _, name in ipairs(names) do
  if redis.call('HEXISTS', KEYS[1], name) == 1 then
    redis.call('ZADD', KEYS[2], expiry, name)
  else
    lost[#lost + 1] = name
  end
end
return lost
