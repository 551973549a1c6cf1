-- Takes the content out of a room's messages. A stream's entries cannot be changed, so all of it is written anew.
-- KEYS: stream. ARGV: sender or nothing for all, 1 to do it and 0 to count. Returns how many had a content
local entries = redis.call('XRANGE', KEYS[1], '-', '+')
local count = 0
for _, entry in ipairs(entries) do
  local fields = entry[2] -- t, ts, s, sender, i, id, c, content
  if fields[8] ~= '' and (ARGV[1] == '' or fields[4] == ARGV[1]) then
    fields[8] = ''
    count = count + 1
  end
end
if count > 0 and ARGV[2] == '1' then
  local ttl = redis.call('PTTL', KEYS[1])
  redis.call('DEL', KEYS[1])
  for _, entry in ipairs(entries) do
    redis.call('XADD', KEYS[1], entry[1], unpack(entry[2]))
  end
  if ttl > 0 then
    redis.call('PEXPIRE', KEYS[1], ttl)
  end
end
return count
