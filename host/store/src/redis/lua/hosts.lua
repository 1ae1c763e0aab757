-- Reads the active hosts.
-- KEYS: 1 reports (hash), 2 the time until which each host is listed (sorted set)
-- Guarantees: changes nothing. All values are of one moment.
-- Returns host and report in turn.

local reply = {}
for _, host in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. now_ms(), '+inf')) do
  local report = redis.call('HGET', KEYS[1], host)
  if report then
    reply[#reply + 1] = host
    reply[#reply + 1] = report
  end
end
return reply
