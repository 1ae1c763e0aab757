-- Lists a host as active, and removes hosts whose time has passed.
-- KEYS: 1 reports (hash), 2 the time until which each host is listed (sorted set)
-- ARGV: host, report, time in ms
-- Guarantees: all or nothing. Repeating it changes nothing more.

local host, report, lasts = take(), take(), number()
must_be(KEYS[1], 'hash')
must_be(KEYS[2], 'zset')
local now = now_ms()
redis.call('ZADD', KEYS[2], now + lasts, host)
redis.call('HSET', KEYS[1], host, report)
local expired = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1000)
if #expired > 0 then
  redis.call('ZREM', KEYS[2], unpack(expired))
  redis.call('HDEL', KEYS[1], unpack(expired))
end
return 1
