-- Sets the lifetime of a document.
-- ARGV: id, lifetime in seconds; with 0 or less it has ended
-- Guarantees: the lifetime of a document that has work before it begins after that.
-- Returns 1, or 0 when there is no document.

local id, seconds = take(), number()
return set_lifetime(id, seconds) and 1 or 0
