-- Writes a document outside of any claim, if it is still in the state expected.
-- ARGV: write (lib/documents.lua)
-- Guarantees: answers `done`, `conflict` or `gone`; only `done` has changed anything. A write that is there already
-- (an answer lost with the connection, asked again) is `done`.

local write = take_write()
local no = refusal(write)
if no then
  if no[2] == write.new then return done(write) end
  if json and no[2] and redis.call('GET', token_key(write.id)) == write.token then return done(write) end
  return no
end
overwrite(write.id, write.text, write.token)
return done(write)
