-- Keeps the newest life of a database that any node has told, and how far it came in it; gives it.
-- KEYS: life. ARGV: number, epoch, at, and all of it as one text that begins with these two and ends with the third
local was = redis.call('GET', KEYS[1])
if was then
  local number, epoch, at = string.match(was, '^(%d+) (%S*) .* (%d+)$')
  local newer = tonumber(number) < tonumber(ARGV[1])
    or (epoch == ARGV[2] and number == ARGV[1] and tonumber(at) < tonumber(ARGV[3]))
  if not newer then
    return was
  end
end
if ARGV[1] == '0' then
  return '' -- who asks knows nothing
end
redis.call('SET', KEYS[1], ARGV[4])
return ARGV[4]
