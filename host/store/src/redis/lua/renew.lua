-- Renews leases, or begins runs: from then on the end of the lease without a renewal is a lost lease.
-- KEYS: 1 claims (hash), 2 leases (sorted set)
-- ARGV: lease in ms, '1' to begin or '0', n, then n claim ids
-- Guarantees: a lost claim stays lost. A run that has begun stays so.
-- Returns the ids of lost claims.

local lease, begins, names = number(), take() == '1', several()
local expiry = now_ms() + lease
local lost = {}
for _, name in ipairs(names) do
  if redis.call('HEXISTS', KEYS[1], name) == 1 then
    local begun = begins or has_begun(redis.call('ZSCORE', KEYS[2], name))
    redis.call('ZADD', KEYS[2], lease_until(expiry, begun), name)
  else
    lost[#lost + 1] = name
  end
end
return lost
