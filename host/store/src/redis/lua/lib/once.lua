-- Shared: steps without a claim. A step that is sent again, because its reply was lost with the
-- connection, must not be done twice. Each step has a name of its own, which is remembered for
-- longer than any host sends it again.

-- Returns true when the step was done before, and remembers it as done. For steps that can't fail
-- after this.
local function done_before(step)
  return not redis.call('SET', 'vconduit:once:' .. step, '1', 'NX', 'EX', 30)
end

-- The same in two parts, for steps that find out later whether there is anything to do.
local function was_done(step)
  return redis.call('EXISTS', 'vconduit:once:' .. step) == 1
end
local function remember(step)
  redis.call('SET', 'vconduit:once:' .. step, '1', 'EX', 30)
end
