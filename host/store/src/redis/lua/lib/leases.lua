-- Shared: leases. The score of a claim in the sorted set is the end of its lease in whole
-- milliseconds, half a millisecond less once its run has begun. So the mark costs no key, and ends
-- with the lease.

local function lease_until(expiry, begun) return begun and expiry - 0.5 or expiry end

local function has_begun(score) return score and tonumber(score) % 1 ~= 0 end
