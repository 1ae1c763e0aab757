-- Parks a run: its vCon is handed off, and its checkpoint is kept.
-- KEYS: 1 claims (hash), 2 leases (sorted set), 3 ended (sorted set), 4 parked (hash), 5
--       parked-until (sorted set)
-- ARGV: claim id, current id, checkpoint as JSON text, longest time in ms; targets = the hand-off
--       list (lib/lists.lua); effects (lib/effects.lua); write (lib/documents.lua); trail
--       (lib/trail.lua)
-- Guarantees: all or nothing, and nothing without the claim. Runs parked on the same id continue
-- one after the other.

local claim, current, checkpoint, longest = take(), take(), take(), number()
local text = redis.call('HGET', KEYS[1], claim)
if not text then return how_it_ended(KEYS[3], claim, 'park') end
local targets, effects, write, trail = take_targets(current), take_effects(), take_write(), take_trail()
local no = refusal(write) or unmet(effects)
if no then return no end

local entry = cjson.decode(text)
checkpoint = cjson.decode(checkpoint)
local ends = now_ms() + longest
local waiting = cjson.decode(redis.call('HGET', KEYS[4], current) or '[]')
waiting[#waiting + 1] = {
  vcon = entry.vcon, lost_leases = entry.lost_leases, context = entry.context,
  checkpoint = checkpoint, ends = ends,
}
redis.call('HSET', KEYS[4], current, cjson.encode(waiting))
redis.call('ZADD', KEYS[5], 'LT', ends, current)
moves(switched(entry.checkpoint, entry.vcon), switched(checkpoint, entry.vcon))
if write then overwrite(write.id, write.text, write.token) end
push_targets(targets)
apply(effects)
drop(KEYS[1], KEYS[2], KEYS[3], claim, 'park')
note_trail(trail)
return done(write)
