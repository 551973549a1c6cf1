-- Writes down from which moment on the tokens of a user count; a later one that is there stays. What is about no token any
-- more goes, by this server's clock: that of the node may be ahead, and would drop what others still need.
-- KEYS: set. ARGV: user, moment in s, how long one is kept in s, most users. Returns 1, or 0 where there are too many
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now - tonumber(ARGV[3])))
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then
  return 0
end
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', tonumber(ARGV[3]) * 1000))
return 1
