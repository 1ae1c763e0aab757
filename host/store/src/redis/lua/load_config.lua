-- Reads the configuration.
-- KEYS: 1 vconduit:config (hash: revision, names as a JSON array)
-- Guarantees: changes nothing; revision and entries are of one moment. Answers: revision, then key and text by turns.

local answer = { tonumber(redis.call('HGET', KEYS[1], 'revision') or '0') }
for _, key in ipairs(cjson.decode(redis.call('HGET', KEYS[1], 'names') or '[]')) do
  local text = redis.call('GET', key)
  if text then
    answer[#answer + 1] = key
    answer[#answer + 1] = text
  end
end
return answer
