-- Shared: the protection of documents that have work before them. Needs documents.lua.
-- A document is held once by each entry of an ingress list (a "waiting" entry), by each claim, by
-- each parked run, and by each of these once more for a vCon that the run has switched to. While it
-- is held it has no lifetime. When its last hold ends, its lifetime begins.
-- Keys: vconduit:ingress (hash): the ingress lists of the running configuration, see ingress.lua
--       vconduit:waiting:{list} (hash): id → number of its entries on the list that hold it
--       vconduit:holds:<id> (hash): `n` the number of holds; `until` the time at which the document
--       is to expire, in ms, or `never`, when it has not the usual lifetime; `deleted` when it was
--       deleted on purpose

local DELETED_SECONDS = 86400   -- a deletion is remembered for a day after the last hold

local function holds_key(id) return 'vconduit:holds:' .. id end
local function waiting_key(list) return 'vconduit:waiting:{' .. list .. '}' end
local function at_ms(from_now) return string.format('%.0f', now_ms() + from_now) end
local function is_ingress(list) return redis.call('HEXISTS', 'vconduit:ingress', list) == 1 end

-- Adds holds to a document. The first one takes its lifetime away. A document that has none, or a
-- longer one than is usual, keeps it for later.
local function hold(id, count)
  local key = holds_key(id)
  if redis.call('HINCRBY', key, 'n', count) > count then return end
  redis.call('PERSIST', key)
  local left = redis.call('PTTL', document_key(id))
  if left == -1 then
    redis.call('HSETNX', key, 'until', 'never')
  elseif left > 0 then
    if left > document_seconds * 1000 then redis.call('HSETNX', key, 'until', at_ms(left)) end
    redis.call('PERSIST', document_key(id))
  end
end

-- Without memory a count stays too high, which costs a lifetime that does not end. An error here
-- would come in the middle of a step.
local function counts_down(key, field, count) redis.pcall('HINCRBY', key, field, -count) end

-- Ends holds of a document. Nothing for a document without holds: its lifetime was not taken away.
local function release(id, count)
  local key = holds_key(id)
  local is = redis.call('HMGET', key, 'n', 'until', 'deleted')
  local n = tonumber(is[1] or '0')
  if n == 0 then return end
  if n > count then return counts_down(key, 'n', count) end
  local at = is[2] ~= 'never' and is[2]
  -- Also after a deletion: another program may have stored the document again.
  if at then
    redis.call('PEXPIREAT', document_key(id), at)
  elseif not is[2] and document_seconds > 0 then
    redis.call('EXPIRE', document_key(id), document_seconds)
  end
  if is[3] then
    redis.call('HDEL', key, 'n', 'until')
    redis.call('EXPIRE', key, DELETED_SECONDS)
  elseif at then
    -- The time is kept for further runs, for as long as the document.
    redis.call('HDEL', key, 'n')
    redis.call('PEXPIREAT', key, at)
  else
    redis.call('DEL', key)
  end
end

-- An id was pushed to a list.
local function enters(list, id)
  if not is_ingress(list) then return end
  redis.call('HINCRBY', waiting_key(list), id, 1)
  hold(id, 1)
end

-- Notes the holds of a document that is stored anew and pushed to these lists. The ones that it has
-- from before stay. All else that is known of it belongs to the document before. Returns their
-- number.
local function holds_of_new(id, lists)
  local key = holds_key(id)
  local is = redis.call('HMGET', key, 'n', 'until', 'deleted')
  local holds = tonumber(is[1] or '0')
  if is[1] or is[2] or is[3] then
    redis.call('HDEL', key, 'until', 'deleted')
    redis.call('PERSIST', key)
  end
  for _, list in ipairs(lists) do
    if is_ingress(list) then
      redis.call('HINCRBY', waiting_key(list), id, 1)
      holds = holds + 1
    end
  end
  if holds > 0 then redis.call('HSET', key, 'n', holds) end
  return holds
end

-- Takes one waiting entry off the books. Returns false when it was not on them: another program
-- has pushed it.
local function was_waiting(list, id)
  local key = waiting_key(list)
  local waiting = tonumber(redis.call('HGET', key, id) or '0')
  if waiting > 1 then
    counts_down(key, id, 1)
  elseif waiting == 1 then
    redis.call('HDEL', key, id)
  end
  return waiting > 0
end

-- An entry came under a claim. Its hold becomes that of the claim.
local function is_claimed(list, id)
  if not was_waiting(list, id) then hold(id, 1) end
end

-- An entry was popped from a list.
local function leaves(list, id)
  if was_waiting(list, id) then release(id, 1) end
end

-- An entry went from a claim or from parking back to its list, with its hold.
local function comes_back(list, id) redis.call('HINCRBY', waiting_key(list), id, 1) end

-- Returns the vCon that a run has switched to, if any.
local function switched(checkpoint, vcon)
  local current = checkpoint.current
  return current and current ~= cjson.null and current ~= vcon and current or nil
end

-- Moves the hold of a run on the vCon that it has switched to.
local function moves(before, after)
  if before == after then return end
  if after then hold(after, 1) end
  if before then release(before, 1) end
end

-- Ends the holds of a run: `claim` is its claim as JSON text. The lifetime of the vCon that it has
-- ended with starts anew, if there is one.
local function lets_go(claim, vcon, current)
  -- Most runs do not switch, and decoding takes as long as all else here.
  local aside = string.find(claim, '"current":"', 1, true) and switched(cjson.decode(claim).checkpoint, vcon)
  if aside then release(aside, 1) end
  release(vcon, 1)
  if current and current ~= vcon and current ~= aside and document_seconds > 0 then
    local left = redis.call('TTL', document_key(current))
    if left >= 0 and left < document_seconds then redis.call('EXPIRE', document_key(current), document_seconds) end
  end
end

-- Notes that a document was deleted on purpose. Without memory for the note it is deleted all the
-- same.
local function note_deleted(id)
  local key = holds_key(id)
  redis.pcall('HSET', key, 'deleted', '1')
  redis.call('HDEL', key, 'until')
  if redis.call('HEXISTS', key, 'n') == 0 then redis.call('EXPIRE', key, DELETED_SECONDS) end
end

local function is_deleted(id) return redis.call('HEXISTS', holds_key(id), 'deleted') == 1 end

local function delete_document(id)
  note_deleted(id)
  return redis.call('DEL', document_key(id)), redis.call('DEL', token_key(id))
end

-- Sets the lifetime of a document in seconds. With 0 or less it has ended. That of a held document
-- ends when its last hold does, at the earliest. The host has bounded the number: Redis refuses one
-- that is out of range, in the middle of a script. Returns false when there is no document.
local function set_lifetime(id, seconds)
  if redis.call('EXISTS', document_key(id)) == 0 then return false end
  local key, until_ms = holds_key(id), at_ms(math.max(seconds, 0) * 1000)
  redis.pcall('HSET', key, 'until', until_ms)
  if redis.call('HEXISTS', key, 'n') == 1 then return true end
  redis.call('PEXPIREAT', key, until_ms)
  redis.call('PEXPIREAT', document_key(id), until_ms)
  return true
end

-- Gives a document the lifetime of dead letters in seconds, if that is longer than the one it has.
-- 0 changes nothing, less than 0 removes the limit.
local function keep_dead(id, seconds)
  if seconds == 0 then return end
  local key = holds_key(id)
  if redis.call('HEXISTS', key, 'n') == 1 then
    local is = redis.call('HGET', key, 'until')
    local at = at_ms(seconds * 1000)
    if seconds < 0 then
      redis.call('HSET', key, 'until', 'never')
    elseif not is then
      -- Without a time of its own it gets the usual lifetime later.
      if document_seconds > 0 and document_seconds < seconds then
        redis.call('HSET', key, 'until', at)
      end
    elseif is ~= 'never' and tonumber(is) < tonumber(at) then
      redis.call('HSET', key, 'until', at)
    end
    return
  end
  local left = redis.call('TTL', document_key(id))
  if seconds > 0 and (left < 0 or left >= seconds) then return end
  redis.call('HDEL', key, 'until')
  if seconds > 0 then
    redis.call('EXPIRE', document_key(id), seconds)
  else
    redis.call('PERSIST', document_key(id))
  end
end

-- Adds holds for entries that were on a list before it became an ingress list. An id that is on it
-- twice is held once.
local function adopts(list, id)
  if redis.call('HSETNX', waiting_key(list), id, 1) == 1 then hold(id, 1) end
end

-- Takes off the books what other programs have taken from a list: when it is empty, nothing waits
-- on it. Up to some hundred entries in one step. KEYS: `resume`, see lib/claims.lua.
local function forgets_stale(list, resume)
  if redis.call('EXISTS', list) == 1 then return end
  local waiting = redis.call('HSCAN', waiting_key(list), 0, 'COUNT', 100)[2]
  for i = 1, #waiting, 2 do
    redis.call('HDEL', waiting_key(list), waiting[i])
    release(waiting[i], tonumber(waiting[i + 1]))
  end
  local notes = redis.call('HSCAN', resume, 0, 'COUNT', 100)[2]
  for i = 1, #notes, 2 do
    moves(switched(cjson.decode(notes[i + 1]).checkpoint, notes[i]), nil)
    redis.call('HDEL', resume, notes[i])
  end
end
