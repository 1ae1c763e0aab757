-- Adds a document to the listing and the party indexes.
-- KEYS: 1 the listing (sorted set)
-- ARGV: index (lib/index.lua)
-- Guarantees: all or nothing. Repeating it only renews the lifetimes of the indexes.

add_to_index(KEYS[1], take_index(KEYS[1]))
return 1
