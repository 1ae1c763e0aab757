-- Shared: the changes of a run other than the write of its document. Needs documents.lua and
-- holds.lua.
-- ARGV: n, then n times list and id to push; m, then m times id and new lifetime in seconds; '0', or
--       '1' with the id of a document that the step needs, and its revision or '' for any.

local function take_effects()
  local effects = { push = {}, expire = {} }
  for i = 1, number() do
    effects.push[i] = { take(), take() }
    must_be(effects.push[i][1], 'list')
  end
  for i = 1, number() do effects.expire[i] = { take(), number() } end
  if take() == '1' then effects.needs = { id = take(), revision = take() } end
  return effects
end

-- Returns nil when the document that the step needs is there, or the reply to return instead.
local function unmet(effects)
  local needs = effects.needs
  if not needs then return nil end
  if needs.revision == '' then
    return redis.call('EXISTS', document_key(needs.id)) == 0 and { 'gone' } or nil
  end
  local is = revision(needs.id)
  if not is then return { 'gone' } end
  if is ~= needs.revision then return { 'conflict', is } end
  return nil
end

local function apply(effects)
  for _, each in ipairs(effects.push) do
    redis.call('RPUSH', each[1], each[2])
    enters(each[1], each[2])
  end
  for _, each in ipairs(effects.expire) do set_lifetime(each[1], each[2]) end
end
