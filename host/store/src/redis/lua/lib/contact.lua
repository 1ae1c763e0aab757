-- Shared: the contact of hosts with this server. Live hosts reap several times within half a lease,
-- and renew their leases every third of a lease. When nobody has reaped for half a lease, the server
-- was paused or unreachable, its clock was set, or no host was running: leases may have run out that
-- their hosts could not renew.

-- Notes the contact. Returns false for half a lease after a gap. By the server's clock alone, so a
-- host that has just started and a replica that was just promoted wait as well.
local function hosts_had_their_chance(key, lease)
  local now, gap = now_ms(), lease / 2
  local last = redis.call('HMGET', key, 'seen', 'from')
  local seen, from = tonumber(last[1]), tonumber(last[2]) or 0
  local is_gap = not seen or math.abs(now - seen) > gap
  -- A time further away than a wait was noted before the clock was set back.
  if is_gap or from > now + gap then from = now + gap end
  -- Not noted at every call: each note is written to the append-only file and to replicas. Without
  -- memory for it the wait begins anew when there is some; recoveries are refused meanwhile too.
  if is_gap or now - seen > gap / 4 then redis.pcall('HSET', key, 'seen', now, 'from', from) end
  return now >= from
end
