-- Takes out some of what a dead node had in the room, and tells of users that were nowhere else. What is taken out is gone
-- with the telling, so it is told once, whoever calls. Returns how many entries are left.
-- KEYS: users, entries of the dead life, channel. ARGV: most entries, publish command, left before the user
local some = redis.call('HRANDFIELD', KEYS[2], ARGV[1], 'WITHVALUES')
for i = 1, #some, 2 do
  redis.call('HDEL', KEYS[2], some[i])
  if redis.call('HINCRBY', KEYS[1], some[i], -tonumber(some[i + 1])) <= 0 then
    redis.call('HDEL', KEYS[1], some[i])
    redis.call(ARGV[2], KEYS[3], ARGV[3] .. some[i])
  end
end
return redis.call('HLEN', KEYS[2])
