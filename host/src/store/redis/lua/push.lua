-- Appends ids to a list, with the trace context for each.
-- KEYS: 1 the list
-- ARGV: context, context lifetime in seconds, n, then n ids
-- Guarantees: all of them or none, in the order given.

local context, seconds, ids = take(), number(), several()
must_be(KEYS[1], 'list')
for _, id in ipairs(ids) do must_be(context_key(KEYS[1], id), 'list') end
for _, id in ipairs(ids) do push(KEYS[1], id, context, seconds) end
return #ids
