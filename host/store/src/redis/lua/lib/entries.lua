-- Shared: the check of list entries. The same rules as `VconId::new` in the crate vcon-document.

-- Returns the length of the UTF-8 character at `i`, or nil.
local function character(text, i)
  local a, b, c, d = string.byte(text, i, i + 3)
  local function tail(x) return x and x >= 0x80 and x <= 0xBF end
  if a < 0x80 then return 1 end
  if a >= 0xC2 and a <= 0xDF then return tail(b) and 2 or nil end
  if a >= 0xE0 and a <= 0xEF then
    if not (tail(b) and tail(c)) then return nil end
    if (a == 0xE0 and b < 0xA0) or (a == 0xED and b > 0x9F) then return nil end
    return 3
  end
  if a >= 0xF0 and a <= 0xF4 then
    if not (tail(b) and tail(c) and tail(d)) then return nil end
    if (a == 0xF0 and b < 0x90) or (a == 0xF4 and b > 0x8F) then return nil end
    return 4
  end
  return nil
end

local function fault_of(entry)
  if #entry == 0 then return 'the entry is empty' end
  if #entry > 512 then return 'the entry is longer than 512 bytes' end
  if string.find(entry, '[%z\1-\31\127]') or string.find(entry, '\194[\128-\159]') then
    return 'the entry holds control characters'
  end
  if not string.find(entry, '[\128-\255]') then return nil end
  local i = 1
  while i <= #entry do
    local length = character(entry, i)
    if not length then return 'the entry is not UTF-8' end
    i = i + length
  end
  return nil
end
