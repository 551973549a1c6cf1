-- A node's sign of life. KEYS: the node's key. ARGV: its token, timeout ms.
-- Returns 1 if the node held the key all the time, 2 if it took it now, 0 if another process of the same id has it
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 1
end
if holder then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 2
