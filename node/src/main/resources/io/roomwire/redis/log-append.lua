-- Stores a message once, gives it its seq, and tells the peers.
-- A replica that was promoted, or a server that came back from its disk, may lack messages that were acked before: it would
-- give their seqs again. So the first message that it stores in a room begins a new epoch there.
-- KEYS: meta, stream, channel, and the sender's id for the message if it has one
-- ARGV: fresh epoch, most messages, ttl ms, window ms, ts, sender, id, header up to the seq, publish command,
--       and the parts of the frame: before the content, the content, behind it up to the seq
-- Returns seq, 1 if it was there before, epoch
local born, _, epoch, was = life(KEYS[1], KEYS[2], ARGV[1])
if KEYS[4] then
  local before = redis.call('GET', KEYS[4])
  if before then
    local seq, of = string.match(before, '^(%d+) (.+)$')
    if of == born then
      return {tonumber(seq), 1, epoch}
    end
  end
end
local now = reign()
if was ~= now then
  epoch = born .. '-' .. string.sub(now, 1, 12)
  redis.call('HSET', KEYS[1], 'reign', now, 'epoch', epoch)
end
local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
local digits = string.format('%.0f', seq)
redis.call('XADD', KEYS[2], 'MAXLEN', '=', ARGV[2], digits .. '-0', 't', ARGV[5], 's', ARGV[6], 'i', ARGV[7], 'c', ARGV[11])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
if KEYS[4] then
  redis.call('SET', KEYS[4], digits .. ' ' .. born, 'PX', ARGV[4])
end
local place = struct.pack('>I8', seq) .. struct.pack('B', #epoch) .. epoch
redis.call(ARGV[9], KEYS[3], ARGV[8] .. place .. ARGV[10] .. ARGV[11] .. ARGV[12] .. digits .. '}')
return {seq, 0, epoch}
