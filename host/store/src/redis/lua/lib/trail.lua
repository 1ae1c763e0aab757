-- Shared: what runs did with a vCon, the latest last.
-- ARGV: the entry or '' for none, lifetime in seconds, how many are kept, n, then n ids

local function take_trail()
  return { entry = take(), seconds = number(), most = number(), ids = several() }
end

-- Comes after the writes of a step: what passed their check of memory cannot be refused any more, and a step that frees
-- memory is not held back by its trail. A key of another type takes the trail only.
local function note_trail(trail)
  if trail.entry == '' then return end
  for _, id in ipairs(trail.ids) do
    local key = 'vconduit:trail:' .. id
    local length = redis.pcall('RPUSH', key, trail.entry)
    if type(length) == 'number' then
      if length > trail.most then redis.call('LTRIM', key, -trail.most, -1) end
      redis.call('EXPIRE', key, trail.seconds)
    end
  end
end
