-- Ends a claim after a success.
-- KEYS: 1 claims (hash), 2 leases (sorted set), 3 ended (sorted set)
-- ARGV: claim id, its vCon, current id; targets = egress (lib/lists.lua); effects (lib/effects.lua); write
--       (lib/documents.lua); trail (lib/trail.lua)
-- Guarantees: all or nothing, and nothing without the claim: a worker that lost its lease can't
-- push to egress lists.

local claim, vcon, current = take(), take(), take()
local held = redis.call('HGET', KEYS[1], claim)
if not held then return how_it_ended(KEYS[3], claim, 'finish') end
local egress, effects, write, trail = take_targets(current), take_effects(), take_write(), take_trail()
local no = refusal(write) or unmet(effects)
if no then return no end

if write then overwrite(write.id, write.text, write.token) end
push_targets(egress)
lets_go(held, vcon, current)
apply(effects)
drop(KEYS[1], KEYS[2], KEYS[3], claim, 'finish')
note_trail(trail)
return done(write)
