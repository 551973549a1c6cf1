-- Says how many connections of a user a node has in the room; saying it again changes nothing. Returns how many users this
-- life of the node has there.
-- KEYS: users, entries of this node's life, channel. ARGV: user, connections, publish command, joined and left before the user
local count = tonumber(ARGV[2])
local by = count - tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or 0)
if by == 0 then
  return redis.call('HLEN', KEYS[2])
end
if count == 0 then
  redis.call('HDEL', KEYS[2], ARGV[1])
else
  redis.call('HSET', KEYS[2], ARGV[1], count)
end
local all = redis.call('HINCRBY', KEYS[1], ARGV[1], by)
if all <= 0 then
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call(ARGV[3], KEYS[3], ARGV[5] .. ARGV[1])
elseif all == by then
  redis.call(ARGV[3], KEYS[3], ARGV[4] .. ARGV[1])
end
return redis.call('HLEN', KEYS[2])
