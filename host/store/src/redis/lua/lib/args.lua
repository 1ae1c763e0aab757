-- Shared by all scripts: reading ARGV in order, the server's clock, and the check of types before
-- any write. Redis does not undo a script that fails half-way. So every script first checks all
-- keys that other programs could have given another type, and its first write is one that Redis
-- refuses when it is out of memory. After that point a script can't fail.

local at = 0
local function take() at = at + 1; return ARGV[at] end
local function number() return tonumber(take()) end

-- Takes n, then n values.
local function several()
  local values = {}
  for i = 1, number() do values[i] = take() end
  return values
end

local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function must_be(key, kind)
  local is = redis.call('TYPE', key).ok
  if is ~= 'none' and is ~= kind then
    error('refused: the key "' .. key .. '" holds a ' .. is .. ', not a ' .. kind, 0)
  end
end

local function all_must_be(keys, kind)
  for _, key in ipairs(keys) do must_be(key, kind) end
end
