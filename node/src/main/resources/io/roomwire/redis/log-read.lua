-- A page, oldest first or newest first as asked for, with what the log still holds at that moment.
-- KEYS: meta, stream. ARGV: fresh epoch, first seq or -, last seq or +, most messages, 1 from the low end.
-- Returns seq, epoch, id of the oldest entry or nothing, entries
local _, seq, epoch = life(KEYS[1], KEYS[2], ARGV[1])
local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)
local page = {}
if tonumber(ARGV[4]) > 0 then
  if ARGV[5] == '1' then
    page = redis.call('XRANGE', KEYS[2], ARGV[2], ARGV[3], 'COUNT', ARGV[4])
  else
    page = redis.call('XREVRANGE', KEYS[2], ARGV[3], ARGV[2], 'COUNT', ARGV[4])
  end
end
return {seq, epoch, oldest[1] and oldest[1][1] or '', page}
