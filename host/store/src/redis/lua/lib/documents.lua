-- Shared: documents under `vcon:<id>`, their revisions and conditional writes. Set by the host before
-- this file: `json` is true when documents are stored as RedisJSON values, `has_json` when the
-- server has RedisJSON. A key with a value of the other form is read in that form.

local MAX_HASHED_BYTES = 65536   -- largest text whose revision is the hash of the whole text, see revision.rs
local SAMPLE_BYTES = 1024
local SAMPLES = 16
local TOKEN_SECONDS = 86400
local SHORT_TOKEN_SECONDS = 60

local function document_key(id) return 'vcon:' .. id end
local function token_key(id) return 'vconduit:rev:' .. id end

-- Returns the length of the text and a function that reads a part of it. Nothing when there is no
-- document.
local function open(key)
  if has_json and redis.call('TYPE', key).ok ~= 'string' then
    local text = redis.call('JSON.GET', key)
    if not text then return nil end
    return #text, function(from, to) return string.sub(text, from + 1, to + 1) end
  end
  local length = redis.call('STRLEN', key)
  if length == 0 then return nil end
  return length, function(from, to) return redis.call('GETRANGE', key, from, to) end
end

-- Returns the revision of a document, as `revision::of` in revision.rs does.
local function revision(id)
  local length, part = open(document_key(id))
  if not length then return nil end
  if length <= MAX_HASHED_BYTES then return 's' .. redis.sha1hex(part(0, length - 1)) end
  local parts = {}
  for i = 0, SAMPLES - 1 do
    local from = math.floor((length - SAMPLE_BYTES) * i / (SAMPLES - 1))
    parts[i + 1] = part(from, from + SAMPLE_BYTES - 1)
  end
  local token = redis.call('GET', token_key(id)) or '-'
  return 'l' .. string.format('%d', length) .. ':' .. redis.sha1hex(table.concat(parts)) .. ':' .. token
end

-- Returns the key of a staged text. A large text does not come in ARGV, where Redis would copy it
-- twice: a SET before the script has stored it under a key of its own, which is renamed. Then ARGV
-- holds an empty text, and the token names the key.
local function staged(text, token)
  return not json and text == '' and token ~= '' and 'vconduit:staged:' .. token
end

local function must_be_staged(text, token)
  local key = staged(text, token)
  if key and redis.call('EXISTS', key) == 0 then error('refused: the text of the document has not come', 0) end
end

-- Stores the token of a text. A large text has one for its revision. With RedisJSON every text has
-- one for a short time: it identifies a write that is sent again.
local function keep_token(id, text, token)
  if token == '' then
    redis.call('DEL', token_key(id))
  else
    local large = staged(text, token) or #text > MAX_HASHED_BYTES
    redis.call('SET', token_key(id), token, 'EX', large and TOKEN_SECONDS or SHORT_TOKEN_SECONDS)
  end
end

-- Stores a text over any other value. Its lifetime in seconds starts anew. 0 or less means no
-- limit.
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

-- Writes a text over a stored one. The remaining lifetime does not change.
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

-- Takes a conditional write from ARGV: '0', or '1' id text expected-revision new-revision token.
local function take_write()
  if take() == '0' then return nil end
  return { id = take(), text = take(), expected = take(), new = take(), token = take() }
end

-- Returns nil when the write can be made, or the reply to return instead.
local function refusal(write)
  if not write then return nil end
  local is = revision(write.id)
  if not is then return { 'gone' } end
  if is ~= write.expected then return { 'conflict', is } end
  must_be_staged(write.text, write.token)
  return nil
end

-- Returns the reply of a step that was done. With RedisJSON the server writes the text in its own
-- form, so the revision comes from the server.
local function done(write)
  if not write then return { 'done' } end
  return { 'done', json and revision(write.id) or write.new }
end
