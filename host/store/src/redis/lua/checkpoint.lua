-- Stores the checkpoint of a run, with its document and its effects.
-- KEYS: 1 claims (hash)
-- ARGV: claim id, step, checkpoint as JSON text; effects (lib/effects.lua); write
--       (lib/documents.lua); trail (lib/trail.lua)
-- Guarantees: all or nothing, and nothing without the claim. `step` identifies this call by what it
-- changes: sent again (its reply was lost with the connection) it returns `again` and changes
-- nothing.

local claim, step, checkpoint = take(), take(), take()
local text = redis.call('HGET', KEYS[1], claim)
if not text then return { 'lost' } end
local entry = cjson.decode(text)
if entry.step == step then return { 'again', entry.revision } end

local effects, write, trail = take_effects(), take_write(), take_trail()
local no = refusal(write) or unmet(effects)
if no then return no end

if write then overwrite(write.id, write.text, write.token) end
local reply = done(write)
entry.step = step
entry.revision = reply[2]
local before = switched(entry.checkpoint, entry.vcon)
entry.checkpoint = cjson.decode(checkpoint)
redis.call('HSET', KEYS[1], claim, cjson.encode(entry))
moves(before, switched(entry.checkpoint, entry.vcon))
apply(effects)
note_trail(trail)
return reply
