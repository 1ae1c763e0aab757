-- Notes how far a run has come, with its document and its effects.
-- KEYS: 1 claims (hash)
-- ARGV: claim id, step, checkpoint as JSON text; effects (lib/effects.lua); write (lib/documents.lua); trail (lib/trail.lua)
-- Guarantees: all of it or nothing; nothing without the claim. `step` names this call by what it does: asked again
-- (an answer lost with the connection) it answers `again` and changes nothing.

local claim, step, checkpoint = take(), take(), take()
local text = redis.call('HGET', KEYS[1], claim)
if not text then return { 'lost' } end
local entry = cjson.decode(text)
if entry.step == step then return { 'again', entry.revision } end

local effects, write, trail = take_effects(), take_write(), take_trail()
local no = refusal(write)
if no then return no end

if write then overwrite(write.id, write.text, write.token) end
local answer = done(write)
entry.step = step
entry.revision = answer[2]
entry.checkpoint = cjson.decode(checkpoint)
redis.call('HSET', KEYS[1], claim, cjson.encode(entry))
apply(effects)
note_trail(trail)
return answer
