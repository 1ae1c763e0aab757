-- Writes a document outside of a claim, if it still has the expected revision.
-- ARGV: write (lib/documents.lua)
-- Guarantees: returns `done`, `conflict` or `gone`, and only `done` has changed anything. A write
-- that was made already (its reply was lost with the connection, and it is sent again) is `done`.

local write = take_write()
local no = refusal(write)
if no then
  if no[2] == write.new then return done(write) end
  if json and no[2] and redis.call('GET', token_key(write.id)) == write.token then return done(write) end
  return no
end
overwrite(write.id, write.text, write.token)
return done(write)
