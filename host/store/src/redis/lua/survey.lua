-- Looks for lists with entries to recover, and counts entries.
-- KEYS: 1 contact (hash), 2 lists that had claims or parked runs (set)
-- ARGV: lease of the hosts in ms; n, then n ingress lists; m, then m lists to count
-- Guarantees: changes no entry. One call for all lists, so that idle hosts cost next to nothing.
-- Returns the lists with entries to recover, also those that are not among the ingress lists, then
-- the m numbers of entries.

local lease, ingress, counted = number(), several(), several()
local had_chance, now = hosts_had_their_chance(KEYS[1], lease), now_ms()

local function key(kind, list) return 'vconduit:' .. kind .. ':{' .. list .. '}' end
local function exists(name) return redis.call('EXISTS', name) == 1 end

local function is_due(list)
  if had_chance and redis.call('ZCOUNT', key('leases', list), '-inf', now) > 0 then return true end
  if exists('resume:' .. list) then return true end
  if redis.call('ZCOUNT', key('parked-until', list), '-inf', now) > 0 then return true end
  -- Other programs have emptied it (forgets_stale in lib/holds.lua).
  return not exists(list) and (exists(key('waiting', list)) or exists(key('resume', list)))
end

local due, known = {}, {}
for _, list in ipairs(ingress) do
  known[list] = true
  if is_due(list) then due[#due + 1] = list end
end
for _, list in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  if not known[list] then
    if is_due(list) then
      due[#due + 1] = list
    elseif not exists(key('claims', list)) and not exists(key('parked', list)) then
      redis.call('SREM', KEYS[2], list)
    end
  end
end

local counts = {}
for i, list in ipairs(counted) do
  local length = redis.pcall('LLEN', list)
  counts[i] = type(length) == 'number' and length or 0
end
return { due, counts }
