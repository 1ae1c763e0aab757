-- Shared: the changes of a run other than the write of its document. Needs documents.lua and
-- lists.lua.
-- ARGV: n, then n times list and id to push; m, then m times id and new lifetime in seconds.

local function take_effects()
  local effects = { push = {}, expire = {} }
  for i = 1, number() do
    effects.push[i] = { take(), take() }
    must_be(effects.push[i][1], 'list')
  end
  for i = 1, number() do effects.expire[i] = { take(), number() } end
  return effects
end

local function apply(effects)
  for _, each in ipairs(effects.push) do redis.call('RPUSH', each[1], each[2]) end
  for _, each in ipairs(effects.expire) do set_lifetime(each[1], each[2]) end
end
