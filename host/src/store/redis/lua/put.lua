-- Stores a document with its place in the listing, its party indexes and its places on lists.
-- KEYS: 1 the listing (sorted set)
-- ARGV: text ('' when staged, see lib/documents.lua), lifetime in seconds, token, the step's own name; index (lib/index.lua, begins with the id); targets (lib/lists.lua)
-- Guarantees: all of it or nothing, and pushes once however often it is sent. An existing document is overwritten and its lifetime starts anew.

local text, seconds, token, step = take(), number(), take(), take()
local index = take_index(KEYS[1])
local targets = take_targets(index.id)
local key = document_key(index.id)
must_be_staged(text, token)
if #targets.lists > 0 and done_before(step) then return 1 end

if staged(text, token) then
  redis.call('RENAME', staged(text, token), key)
  if seconds > 0 then redis.call('EXPIRE', key, seconds) else redis.call('PERSIST', key) end
elseif json then
  local kind = redis.call('TYPE', key).ok
  if kind ~= 'ReJSON-RL' and kind ~= 'none' then redis.call('DEL', key) end
  redis.call('JSON.SET', key, '$', text)
  if seconds > 0 then redis.call('EXPIRE', key, seconds) else redis.call('PERSIST', key) end
elseif seconds > 0 then
  redis.call('SET', key, text, 'EX', seconds)
else
  redis.call('SET', key, text)
end
keep_token(index.id, text, token)
add_to_index(KEYS[1], index)
push_targets(targets)
return 1
