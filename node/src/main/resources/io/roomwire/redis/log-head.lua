-- Where the room stands. KEYS: meta, stream. ARGV: fresh epoch or nothing, ttl ms. Returns seq, epoch, began,
-- before; nothing if it is not there
local born, seq, epoch, _, began, before = life(KEYS[1], KEYS[2], ARGV[1] ~= '' and ARGV[1])
if not born then
  return {}
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return {seq, epoch, began, before}
