-- Reads the configuration.
-- KEYS: 1 vconduit:config (hash: revision, names as a JSON array)
-- Guarantees: changes nothing. Revision and entries are of one moment.
-- Returns the revision, then key and text in turn.

local reply = { redis.call('HGET', KEYS[1], 'revision') or '0' }
for _, key in ipairs(cjson.decode(redis.call('HGET', KEYS[1], 'names') or '[]')) do
  local text = redis.call('GET', key)
  if text then
    reply[#reply + 1] = key
    reply[#reply + 1] = text
  end
end
return reply
