-- Shared: documents under `vcon:<id>`, their state (`revision`) and conditional writes.
-- `json` (set by the host in front of this file) says whether RedisJSON is there. A key that holds the other form
-- is read as what it is.

local WHOLE = 65536   -- up to here the revision is the hash of all of the text; see revision.rs
local PART = 1024
local PARTS = 16
local TOKEN_SECONDS = 86400
local SHORT_TOKEN_SECONDS = 60

local function document_key(id) return 'vcon:' .. id end
local function token_key(id) return 'vconduit:rev:' .. id end

-- The length of the text and a function that reads a part of it; nothing when there is no document.
local function open(key)
  if json and redis.call('TYPE', key).ok ~= 'string' then
    local text = redis.call('JSON.GET', key)
    if not text then return nil end
    return #text, function(from, to) return string.sub(text, from + 1, to + 1) end
  end
  local length = redis.call('STRLEN', key)
  if length == 0 then return nil end
  return length, function(from, to) return redis.call('GETRANGE', key, from, to) end
end

-- The same as `Revision::of` in revision.rs.
local function revision(id)
  local length, part = open(document_key(id))
  if not length then return nil end
  if length <= WHOLE then return 's' .. redis.sha1hex(part(0, length - 1)) end
  local parts = {}
  for i = 0, PARTS - 1 do
    local from = math.floor((length - PART) * i / (PARTS - 1))
    parts[i + 1] = part(from, from + PART - 1)
  end
  local token = redis.call('GET', token_key(id)) or '-'
  return 'l' .. string.format('%d', length) .. ':' .. redis.sha1hex(table.concat(parts)) .. ':' .. token
end

-- A large text does not come in ARGV, where Redis would copy it twice: a SET in front of the script has put it under
-- a key of its own, from where it is renamed. ARGV holds an empty text then, and the token names the key.
local function staged(text, token)
  return not json and text == '' and token ~= '' and 'vconduit:staged:' .. token
end

local function must_be_staged(text, token)
  local key = staged(text, token)
  if key and redis.call('EXISTS', key) == 0 then error('refused: the text of the document has not come', 0) end
end

-- A large text has a token for its revision. With RedisJSON every text has one, for a while: it is how a write that
-- is asked for again is known.
local function keep_token(id, text, token)
  if token == '' then
    redis.call('DEL', token_key(id))
  else
    redis.call('SET', token_key(id), token, 'EX', (staged(text, token) or #text > WHOLE) and TOKEN_SECONDS or SHORT_TOKEN_SECONDS)
  end
end

-- Stores a text, whatever was there; its lifetime starts anew. 0 or less: for ever.
local function store(id, text, token, seconds)
  local key = document_key(id)
  if staged(text, token) then
    redis.call('RENAME', staged(text, token), key)
    if seconds > 0 then redis.call('EXPIRE', key, seconds) else redis.call('PERSIST', key) end
  elseif json then
    local kind = redis.call('TYPE', key).ok
    if kind ~= 'ReJSON-RL' and kind ~= 'none' then redis.call('DEL', key) end
    redis.call('JSON.SET', key, '$', text)
    if seconds > 0 then redis.call('EXPIRE', key, seconds) else redis.call('PERSIST', key) end
  elseif seconds > 0 then
    redis.call('SET', key, text, 'EX', seconds)
  else
    redis.call('SET', key, text)
  end
  keep_token(id, text, token)
end

-- Writes a text over the one that is there; the remaining lifetime stays as it is.
local function overwrite(id, text, token)
  local key = document_key(id)
  if staged(text, token) then
    local left = redis.call('PTTL', key)
    redis.call('RENAME', staged(text, token), key)
    if left > 0 then redis.call('PEXPIRE', key, left) else redis.call('PERSIST', key) end
  elseif not json then
    redis.call('SET', key, text, 'KEEPTTL')
  elseif redis.call('TYPE', key).ok == 'string' then
    local left = redis.call('PTTL', key)
    redis.call('DEL', key)
    redis.call('JSON.SET', key, '$', text)
    if left > 0 then redis.call('PEXPIRE', key, left) end
  else
    redis.call('JSON.SET', key, '$', text)
  end
  keep_token(id, text, token)
end

-- A conditional write in ARGV: '0', or '1' id text expected-revision new-revision token.
local function take_write()
  if take() == '0' then return nil end
  return { id = take(), text = take(), expected = take(), new = take(), token = take() }
end

-- Whether the write can be made: nil, or the answer to give instead.
local function refusal(write)
  if not write then return nil end
  local is = revision(write.id)
  if not is then return { 'gone' } end
  if is ~= write.expected then return { 'conflict', is } end
  must_be_staged(write.text, write.token)
  return nil
end

-- Makes the write; the answer of a step that was done. With RedisJSON the text comes back as the server writes it,
-- so only the server can say what its revision is.
local function done(write)
  if not write then return { 'done' } end
  return { 'done', json and revision(write.id) or write.new }
end

-- 0 or less deletes.
local function set_lifetime(id, seconds)
  if seconds > 0 then
    redis.call('EXPIRE', document_key(id), seconds)
  else
    redis.call('DEL', document_key(id), token_key(id))
  end
end

-- The dead-letter lifetime: 0 leaves it as it is, less than 0 means for ever.
local function keep_dead(id, seconds)
  if seconds > 0 then
    redis.call('EXPIRE', document_key(id), seconds)
  elseif seconds < 0 then
    redis.call('PERSIST', document_key(id))
  end
end
