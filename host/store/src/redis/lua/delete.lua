-- Deletes a document and its place in the listing (with and without the prefix). The deletion is
-- remembered, so that runs and storages do not bring it back.
-- KEYS: 1 the listing (sorted set)
-- ARGV: id
-- Guarantees: all or nothing.
-- Returns 1 if there was a document.

local id = take()
must_be(KEYS[1], 'zset')
local deleted = delete_document(id)
redis.call('ZREM', KEYS[1], document_key(id), id)
return deleted
