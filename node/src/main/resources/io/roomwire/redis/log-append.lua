-- Stores a message once, gives it its seq, and tells the peers.
-- KEYS: meta, stream, channel, and the sender's id for the message if it has one
-- ARGV: fresh epoch, most messages, ttl ms, window ms, ts, sender, id, header up to the seq, publish command,
--       and the parts of the frame: before the content, the content, behind it up to the seq
-- Returns seq, 1 if it was there before
local born, head = life(KEYS[1], KEYS[2], ARGV[1])
if KEYS[4] then
  local before = redis.call('GET', KEYS[4])
  if before then
    local seq, of = string.match(before, '^(%d+) (.+)$')
    if of == born then
      return {tonumber(seq), 1}
    end
  end
end
local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
local digits = string.format('%.0f', seq)
redis.call('XADD', KEYS[2], 'MAXLEN', '=', ARGV[2], digits .. '-0', 't', ARGV[5], 's', ARGV[6], 'i', ARGV[7], 'c', ARGV[11])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
if KEYS[4] then
  redis.call('SET', KEYS[4], digits .. ' ' .. born, 'PX', ARGV[4])
end
redis.call(ARGV[9], KEYS[3], ARGV[8] .. struct.pack('>I8', seq) .. ARGV[10] .. ARGV[11] .. ARGV[12] .. digits .. '}')
return {seq, 0}
