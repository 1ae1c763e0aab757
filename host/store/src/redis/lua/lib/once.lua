-- Shared: steps that no claim guards. One that is sent again because its answer was lost with the connection must not be done twice.
-- Each has a name of its own, remembered for longer than anyone sends again.

-- Whether the step was done before; from now on it was. For steps that begin with this, and cannot fail after it.
local function done_before(step)
  return not redis.call('SET', 'vconduit:once:' .. step, '1', 'NX', 'EX', 30)
end

-- The same in two halves, for steps that find out on the way whether there is anything to do.
local function was_done(step)
  return redis.call('EXISTS', 'vconduit:once:' .. step) == 1
end
local function remember(step)
  redis.call('SET', 'vconduit:once:' .. step, '1', 'EX', 30)
end
