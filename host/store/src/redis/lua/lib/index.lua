-- Shared: the listing by `created_at` and the party indexes.
-- ARGV: id, created_at or '', index lifetime, n, then n times: key (`tel:<value>` …).

local function take_index(listing)
  local index = { id = take(), created = take(), seconds = number(), keys = several() }
  if index.created ~= '' then must_be(listing, 'zset') end
  all_must_be(index.keys, 'set')
  return index
end

local function add_to_index(listing, index)
  if index.created ~= '' then
    redis.call('ZADD', listing, index.created, 'vcon:' .. index.id)
  end
  for _, key in ipairs(index.keys) do
    redis.call('SADD', key, index.id)
    if index.seconds > 0 then
      redis.call('EXPIRE', key, index.seconds)
    else
      redis.call('PERSIST', key)
    end
  end
end
