-- A node ends and lets its id go. KEYS: the node's key. ARGV: its token
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
