-- Adds an entry to the audit log.
-- KEYS: 1 audit log (list)
-- ARGV: name of the step, entry, number of entries that the log keeps
-- Guarantees: all or nothing, and once however often it is sent.

local step, entry, max_entries = take(), take(), number()
must_be(KEYS[1], 'list')
if done_before(step) then return 1 end
note_audit(KEYS[1], entry, max_entries)
return 1
