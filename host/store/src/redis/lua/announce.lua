-- Says that a host is there, and forgets those whose time has run out.
-- KEYS: 1 reports (hash), 2 until when each host is there (sorted set)
-- ARGV: host, report, for how long in ms
-- Guarantees: all of it or nothing; doing it twice is doing it once.

local host, report, lasts = take(), take(), number()
must_be(KEYS[1], 'hash')
must_be(KEYS[2], 'zset')
local now = now_ms()
redis.call('ZADD', KEYS[2], now + lasts, host)
redis.call('HSET', KEYS[1], host, report)
local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1000)
if #gone > 0 then
  redis.call('ZREM', KEYS[2], unpack(gone))
  redis.call('HDEL', KEYS[1], unpack(gone))
end
return 1
