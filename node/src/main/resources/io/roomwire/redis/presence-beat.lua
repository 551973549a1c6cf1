-- A node's sign of life. KEYS: the node's key. ARGV: its token (the process, a dash, the number of its life), timeout ms.
-- Returns 1 if the node held the key all the time, 2 if it took it now, 0 if another process of the same id has it, or a
-- later life of this one: Redis may have stood still, and this beat may be an old one
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 1
end
if holder then
  local process, life = string.match(holder, '^(.*)%-(%d+)$')
  local mine, now = string.match(ARGV[1], '^(.*)%-(%d+)$')
  if process ~= mine or tonumber(life) > tonumber(now) then
    return 0
  end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 2
