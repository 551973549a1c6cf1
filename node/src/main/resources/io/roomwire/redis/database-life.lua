-- Keeps the newest life of a database that any node has told, and how far it came in it; gives it. The place counts only as
-- long as this server is the master that it was told: one that was started again may have gone back itself, with the same
-- machine perhaps. Then it is given as 0, until a node that was in that life tells more.
-- KEYS: life. ARGV: number, epoch, at, and all of it as one text that begins with the first two and ends with the third
local reign = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
local told = ARGV[4]
local was = redis.call('GET', KEYS[1])
if was then
  local text, at, of = string.match(was, '^(.*) (%d+) (%w+)$')
  local number, epoch = string.match(text, '^(%d+) (%S*)')
  local same = number == ARGV[1] and epoch == ARGV[2]
  if not same and tonumber(number) >= tonumber(ARGV[1]) or same and (of == reign or ARGV[3] == '0')
      and tonumber(at) >= tonumber(ARGV[3]) then
    return text .. ' ' .. (of == reign and at or '0')
  end
  if same and tonumber(at) >= tonumber(ARGV[3]) then
    told = text .. ' ' .. at
  end
elseif ARGV[1] == '0' then
  return '' -- who asks knows nothing
end
redis.call('SET', KEYS[1], told .. ' ' .. reign)
return told
