-- Stores a document that was read from a storage, with its place in the listing, unless there is
-- one.
-- KEYS: 1 the listing (sorted set)
-- ARGV: text ('' when staged, see lib/documents.lua), token; index
--       (lib/index.lua, begins with the id)
-- Guarantees: never overwrites a document, and does not bring back one that was deleted.
-- Returns 1 when it was stored, 0 when there was one or it was deleted.

local text, token = take(), take()
local index = take_index(KEYS[1])
must_be_staged(text, token)
if redis.call('EXISTS', document_key(index.id)) == 1 or is_deleted(index.id) then
  local stage = staged(text, token)
  if stage then redis.call('DEL', stage) end
  return 0
end
local is_held = redis.call('HEXISTS', holds_key(index.id), 'n') == 1
store(index.id, text, token, is_held and 0 or document_seconds)
add_to_index(KEYS[1], index)
return 1
