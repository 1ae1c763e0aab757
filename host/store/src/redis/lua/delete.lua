-- Deletes a document and its place in the listing (whichever way the member is written).
-- KEYS: 1 the listing (sorted set)   ARGV: id
-- Guarantees: all of it or nothing. Answers 1 if there was a document.

local id = take()
must_be(KEYS[1], 'zset')
local deleted = redis.call('DEL', document_key(id))
redis.call('DEL', token_key(id))
redis.call('ZREM', KEYS[1], document_key(id), id)
return deleted
