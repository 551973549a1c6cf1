-- Stores a message once, gives it its seq, and tells the peers.
-- A replica that was promoted, or a server that came back from its disk, may lack messages that were acked before: it would
-- give their seqs again. So the first message that it stores in a room begins a new epoch there.
-- KEYS: meta, stream, channel, and the sender's id for the message if it has one
-- ARGV: fresh epoch, most messages, ttl ms, window ms, ts, sender, id, header up to the seq, publish command,
--       the parts of the frame: before the content, the content, behind it up to the seq; 1 if the id is nowhere else;
--       most bytes of messages
-- Returns seq, 1 if it was there before, epoch, 0 if the peers could not be told: stored is stored all the same;
--       or -1, 0, epoch, born if the id may be at the server to which the slot moves

-- Counts the bytes of the messages, and returns the seq up to which they have to go for this one, 0 for none. A stream does
-- not tell the size of what it drops, so some sixteen marks say behind which seq how much had been stored: "seq:bytes ".
local function weigh(seq, size)
  local was = redis.call('HMGET', KEYS[1], 'bytes', 'gone', 'marked', 'marks')
  local had, gone, marked, marks = tonumber(was[1] or 0), tonumber(was[2] or 0), tonumber(was[3] or 0), was[4] or ''
  local most = tonumber(ARGV[14])
  local upto = 0
  if had - marked >= most / 16 then
    marked = had
    marks = marks .. string.format('%.0f:%.0f ', seq - 1, had)
  end
  if had + size - gone > most then
    upto, gone = seq - 1, had -- if no mark is near enough: this message alone stays
    local rest = ''
    for at, bytes, behind in string.gmatch(marks, '(%d+):(%d+) ()') do
      if had + size - tonumber(bytes) <= most then
        upto, gone, rest = tonumber(at), tonumber(bytes), string.sub(marks, behind)
        break
      end
    end
    marks = rest
  end
  redis.call('HSET', KEYS[1], 'bytes', string.format('%.0f', had + size))
  if marked ~= tonumber(was[3] or 0) or upto > 0 then
    redis.call('HSET', KEYS[1], 'gone', string.format('%.0f', gone), 'marked', string.format('%.0f', marked), 'marks', marks)
  end
  return upto
end

local born, head, epoch, was, _, before = life(KEYS[1], KEYS[2], ARGV[1])
local moving = false
if KEYS[4] then
  local sent = redis.pcall('GET', KEYS[4])
  if type(sent) == 'table' then -- refused, since the slot moves and the key is not here
    if ARGV[13] ~= '1' then
      return {-1, 0, epoch, born}
    end
    moving = true
    sent = false
  end
  if sharded and not sent then
    sent = redis.call('HGET', KEYS[1], '@' .. KEYS[4])
  end
  if sent then
    local seq, of = string.match(sent, '^(%d+) (%S+)')
    if of == born then
      return {tonumber(seq), 1, epoch, 1}
    end
  end
end
if sharded and type(redis.pcall('PTTL', KEYS[2])) == 'table' then -- before anything is written, lest a seq has no message
  return redis.error_reply('TRYAGAIN the messages of the room are at another server than its counter')
end
local now = reign()
if was ~= now then
  before = before .. (before == '' and '' or ',') .. epoch .. ' ' .. string.format('%.0f', head) .. ' 0'
  if select(2, string.gsub(before, ',', '')) >= 8 then -- clients that were away for longer than 8 failovers begin anew
    before = string.match(before, ',(.*)$')
  end
  epoch = born .. '-' .. string.sub(now, 1, 12)
  redis.call('HSET', KEYS[1], 'reign', now, 'epoch', epoch, 'began', head, 'before', before)
end
local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
local digits = string.format('%.0f', seq)
local oldest = math.max(seq - tonumber(ARGV[2]), weigh(seq, #ARGV[6] + #ARGV[7] + #ARGV[11] + 64)) + 1
redis.call('XADD', KEYS[2], 'MINID', '=', string.format('%.0f', oldest), digits .. '-0',
  't', ARGV[5], 's', ARGV[6], 'i', ARGV[7], 'c', ARGV[11])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
if moving then
  redis.call('HSET', KEYS[1], '@' .. KEYS[4], digits .. ' ' .. born .. ' ' .. ARGV[5])
  if seq % 100 == 0 then -- a move that was given up may last for ever; the nodes' clocks may differ
    local scan = {'0'}
    repeat
      scan = redis.call('HSCAN', KEYS[1], scan[1], 'MATCH', '@*', 'COUNT', 1000)
      for i = 1, #scan[2], 2 do
        if tonumber(string.match(scan[2][i + 1], '%d+$')) < tonumber(ARGV[5]) - 2 * tonumber(ARGV[4]) then
          redis.call('HDEL', KEYS[1], scan[2][i])
        end
      end
    until scan[1] == '0'
  end
elseif KEYS[4] then
  redis.call('SET', KEYS[4], digits .. ' ' .. born, 'PX', ARGV[4])
end
local place = struct.pack('>I8', seq) .. struct.pack('B', #epoch) .. epoch
local told = redis.pcall(ARGV[9], KEYS[3], ARGV[8] .. place .. ARGV[10] .. ARGV[11] .. ARGV[12] .. digits .. '}')
return {seq, 0, epoch, type(told) == 'number' and 1 or 0}
