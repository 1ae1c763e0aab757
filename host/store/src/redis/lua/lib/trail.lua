-- Shared: the trail of a vCon, the latest entry last.
-- ARGV: the entry or '' for none, lifetime in seconds, number of entries kept, n, then n ids

local function take_trail()
  return { entry = take(), seconds = number(), max_entries = number(), ids = several() }
end

-- Adds the entry, after the writes of a step: a step that passed the check of memory can't be
-- refused any more, and a step that frees memory does not fail because of its trail. A key of
-- another type only loses the trail.
local function note_trail(trail)
  if trail.entry == '' then return end
  for _, id in ipairs(trail.ids) do
    local key = 'vconduit:trail:' .. id
    local length = redis.pcall('RPUSH', key, trail.entry)
    if type(length) == 'number' then
      if length > trail.max_entries then redis.call('LTRIM', key, -trail.max_entries, -1) end
      redis.call('EXPIRE', key, trail.seconds)
    end
  end
end
