-- Reads who is there now.
-- KEYS: 1 reports (hash), 2 until when each host is there (sorted set)
-- Guarantees: changes nothing; all of one moment. Answers host and report by turns.

local answer = {}
for _, host in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. now_ms(), '+inf')) do
  local report = redis.call('HGET', KEYS[1], host)
  if report then
    answer[#answer + 1] = host
    answer[#answer + 1] = report
  end
end
return answer
