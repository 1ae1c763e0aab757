-- Stores a document with its place in the listing, its party indexes and its list entries.
-- KEYS: 1 the listing (sorted set)
-- ARGV: text ('' when staged, see lib/documents.lua), token, name of the step; index
--       (lib/index.lua, begins with the id); targets (lib/lists.lua)
-- Guarantees: all or nothing, and pushes once however often it is sent. Overwrites an existing
-- document. Its lifetime starts anew, or when no work is left for it (lib/holds.lua).

local text, token, step = take(), take(), take()
local index = take_index(KEYS[1])
local targets = take_targets(index.id)
must_be_staged(text, token)
if #targets.lists > 0 and done_before(step) then return 1 end

local holds = holds_of_new(index.id, targets.lists)
store(index.id, text, token, holds > 0 and 0 or document_seconds)
add_to_index(KEYS[1], index)
for _, list in ipairs(targets.lists) do push_unheld(list, targets.id, targets.context, targets.seconds) end
return 1
