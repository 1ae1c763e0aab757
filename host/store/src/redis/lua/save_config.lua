-- Replaces the configuration as a whole.
-- KEYS: 1 vconduit:config (hash: revision, names as a JSON array), 2 audit log (list)
-- ARGV: new revision, which names the step too, expected revision or '', audit entry or '', number
--       of entries that the log keeps, names as a JSON array, n, then n times key and text
-- Guarantees: all or nothing, and once however often it is sent.
-- Returns 1 and the new revision, or 0 and the current revision.

local revision, expected, audit, max_entries, names = take(), take(), take(), number(), take()
must_be(KEYS[1], 'hash')
must_be(KEYS[2], 'list')
local is = redis.call('HGET', KEYS[1], 'revision') or '0'
if is == revision then return { 1, revision } end
if expected ~= '' and expected ~= is then return { 0, is } end

local before = cjson.decode(redis.call('HGET', KEYS[1], 'names') or '[]')
local new = {}
redis.call('HSET', KEYS[1], 'revision', revision, 'names', names)
-- The name of the last step of an older version, which is over.
redis.call('HDEL', KEYS[1], 'step')
if audit ~= '' then note_audit(KEYS[2], audit, max_entries) end
for _ = 1, number() do
  local key = take()
  new[key] = true
  redis.call('SET', key, take())
end
for _, key in ipairs(before) do
  if not new[key] then redis.call('DEL', key) end
end
return { 1, revision }
