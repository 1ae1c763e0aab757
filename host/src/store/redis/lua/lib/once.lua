-- Shared: steps that no claim guards. One that is sent again because its answer was lost with the connection must not push twice.

-- Whether the step with this name of its own was done before; from now on it was. Remembered for longer than anyone sends again.
local function done_before(step)
  return not redis.call('SET', 'vconduit:once:' .. step, '1', 'NX', 'EX', 30)
end
