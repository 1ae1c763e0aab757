-- Stores a document with its place in the listing, its party indexes and its list entries.
-- KEYS: 1 the listing (sorted set)
-- ARGV: text ('' when staged, see lib/documents.lua), lifetime in seconds, token, name of the step;
--       index (lib/index.lua, begins with the id); targets (lib/lists.lua)
-- Guarantees: all or nothing, and pushes once however often it is sent. Overwrites an existing
-- document, and its lifetime starts anew.

local text, seconds, token, step = take(), number(), take(), take()
local index = take_index(KEYS[1])
local targets = take_targets(index.id)
must_be_staged(text, token)
if #targets.lists > 0 and done_before(step) then return 1 end

store(index.id, text, token, seconds)
add_to_index(KEYS[1], index)
push_targets(targets)
return 1
