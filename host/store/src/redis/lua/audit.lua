-- Adds an entry to the audit log.
-- KEYS: 1 audit log (list)
-- ARGV: the step's own name, entry, how many entries the log keeps
-- Guarantees: all of it or nothing, and once however often it is sent.

local step, entry, most = take(), take(), number()
must_be(KEYS[1], 'list')
if done_before(step) then return 1 end
note_audit(KEYS[1], entry, most)
return 1
