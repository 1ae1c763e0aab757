-- Completes a component whose parts are stored. Until then the parts belong to no component, and
-- expire.
-- KEYS: 1 component (hash: upload, size, chunks, about)
-- ARGV: upload, the damaged upload that may be replaced or '', size in bytes, bytes in one part, n
--       parts, about
-- Guarantees: all or nothing. A component that is complete already stays.
-- Returns a word and a list: `kept`, `there` (another upload was first), or `missing` with the
-- numbers of the parts to send again.

local upload, damaged, size, chunk, n, about = take(), take(), number(), number(), number(), take()
must_be(KEYS[1], 'hash')
local function part(of, i) return KEYS[1] .. ':' .. of .. ':' .. string.format('%d', i) end

local before = redis.call('HMGET', KEYS[1], 'upload', 'chunks')
if before[1] == upload then return { 'kept', {} } end
if before[1] and before[1] ~= damaged then return { 'there', {} } end

local missing = {}
for i = 0, n - 1 do
  if redis.call('STRLEN', part(upload, i)) ~= math.min(chunk, size - i * chunk) then missing[#missing + 1] = i end
end
if #missing > 0 then return { 'missing', missing } end

redis.call('HSET', KEYS[1], 'upload', upload, 'size', size, 'chunks', n, 'about', about)
for i = 0, n - 1 do redis.call('PERSIST', part(upload, i)) end
if before[1] then
  for i = 0, tonumber(before[2]) - 1 do redis.call('UNLINK', part(before[1], i)) end
end
return { 'kept', {} }
