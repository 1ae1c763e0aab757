-- Shared: pushing ids to lists together with their trace context. Needs holds.lua.

local function context_key(list, id) return 'context:' .. list .. ':' .. id end

-- Pushes the context first, because a consumer may take the id as soon as it is on the list. The
-- caller has noted the hold, if the list is an ingress list.
local function push_unheld(list, id, context, context_seconds)
  if context ~= '' then
    local key = context_key(list, id)
    redis.call('RPUSH', key, context)
    if context_seconds > 0 then redis.call('EXPIRE', key, context_seconds) end
  end
  redis.call('RPUSH', list, id)
end

local function push(list, id, context, context_seconds)
  push_unheld(list, id, context, context_seconds)
  enters(list, id)
end

-- ARGV: n lists, with the context for each id: context or '', context lifetime, n, then n list
-- names.
local function take_targets(id)
  local targets = { id = id, context = take(), seconds = number(), lists = several() }
  all_must_be(targets.lists, 'list')
  if targets.context ~= '' then
    for _, list in ipairs(targets.lists) do must_be(context_key(list, id), 'list') end
  end
  return targets
end

local function push_targets(targets)
  for _, list in ipairs(targets.lists) do push(list, targets.id, targets.context, targets.seconds) end
end
