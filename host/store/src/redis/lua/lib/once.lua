-- Shared: steps without a claim. A step that is sent again, because its reply was lost with the
-- connection, must not be done twice. Each step has a name of its own, which is remembered for
-- longer than any host sends it again.

local ONCE_SECONDS = 30

-- Returns true when the step was done before, and remembers it as done. For steps that can't fail
-- after this.
local function done_before(step)
  return not redis.call('SET', 'vconduit:once:' .. step, '1', 'NX', 'EX', ONCE_SECONDS)
end

-- The same in two parts, for steps that find out later whether there is anything to do, and for
-- steps with a result.
local function was_done(step)
  return redis.call('EXISTS', 'vconduit:once:' .. step) == 1
end
local function result_of(step)
  return redis.call('GET', 'vconduit:once:' .. step)
end
local function remember(step, result)
  redis.call('SET', 'vconduit:once:' .. step, result or '1', 'EX', ONCE_SECONDS)
end
