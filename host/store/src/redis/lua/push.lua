-- Appends ids to a list, with the trace context for each.
-- KEYS: 1 the list
-- ARGV: name of the step, context, context lifetime in seconds, n, then n ids
-- Guarantees: all of them or none, in the given order, and once however often it is sent.

local step, context, seconds, ids = take(), take(), number(), several()
must_be(KEYS[1], 'list')
for _, id in ipairs(ids) do must_be(context_key(KEYS[1], id), 'list') end
if done_before(step) then return #ids end
for _, id in ipairs(ids) do push(KEYS[1], id, context, seconds) end
return #ids
