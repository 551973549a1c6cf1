-- A page, oldest first or newest first as asked for, with what the log still holds at that moment.
-- KEYS: meta, stream. ARGV: fresh epoch, first seq, last seq or +, most messages, 1 from the low end,
--       time of the first in ms or 0, time of the first behind the last in ms or nothing, ttl ms
-- Returns seq, epoch, began, before, id of the oldest entry or nothing, entries
local born, seq, epoch, _, began, before = life(KEYS[1], KEYS[2], ARGV[1])
if born == ARGV[1] then -- asked for by who is not in it, perhaps, and then nobody else lets it expire
  redis.call('PEXPIRE', KEYS[1], ARGV[8])
end
local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)

-- The lowest seq that is not older, by halving. An entry's fields begin with t and the time.
local function at(time)
  local low = tonumber(string.match(oldest[1][1], '^%d+'))
  local high = seq + 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    local id = string.format('%.0f', middle)
    local entry = redis.call('XRANGE', KEYS[2], id, id)[1]
    if entry and tonumber(entry[2][2]) >= time then
      high = middle
    else
      low = middle + 1
    end
  end
  return low
end

local first = ARGV[2]
local last = ARGV[3]
local most = tonumber(ARGV[4])
if oldest[1] and most > 0 then
  if ARGV[6] ~= '0' then
    first = string.format('%.0f', math.max(tonumber(first), at(tonumber(ARGV[6]))))
  end
  if ARGV[7] ~= '' then
    local behind = at(tonumber(ARGV[7]))
    last = string.format('%.0f', math.min(last == '+' and seq or tonumber(last), behind - 1))
  end
end
local page = {}
if most > 0 and (last == '+' or tonumber(first) <= tonumber(last)) then
  if ARGV[5] == '1' then
    page = redis.call('XRANGE', KEYS[2], first, last, 'COUNT', most)
  else
    page = redis.call('XREVRANGE', KEYS[2], last, first, 'COUNT', most)
  end
end
return {seq, epoch, began, before, oldest[1] and oldest[1][1] or '', page}
