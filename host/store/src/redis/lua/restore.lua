-- Stores a document that was read from a storage, with its place in the listing, unless there is
-- one.
-- KEYS: 1 the listing (sorted set)
-- ARGV: text ('' when staged, see lib/documents.lua), lifetime in seconds, token; index
--       (lib/index.lua, begins with the id)
-- Guarantees: never overwrites a document.
-- Returns 1 when it was stored, 0 when there was one.

local text, seconds, token = take(), number(), take()
local index = take_index(KEYS[1])
must_be_staged(text, token)
if redis.call('EXISTS', document_key(index.id)) == 1 then
  local stage = staged(text, token)
  if stage then redis.call('DEL', stage) end
  return 0
end
store(index.id, text, token, seconds)
add_to_index(KEYS[1], index)
return 1
