-- A page, oldest first or newest first as asked for, with what the log still holds at that moment.
-- KEYS: meta, stream. ARGV: fresh epoch or nothing, first seq, last seq or +, most messages, 1 from the low end,
--       time of the first in ms or 0, time of the first behind the last in ms or nothing, ttl ms,
--       most bytes of contents (the first entry fits whatever its size), 1 for no contents
-- Returns seq, epoch, began, before, id of the oldest entry or nothing, entries, 1 if they end early for their bytes
local born, seq, epoch, _, began, before = life(KEYS[1], KEYS[2], ARGV[1] ~= '' and ARGV[1])
if not born then -- who asks for rooms that never were leaves nothing behind
  return {0, '', 0, '', '', {}, 0}
end
if born == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[8])
  redis.call('PEXPIRE', KEYS[2], ARGV[8])
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
local cut = 0

-- A few entries at a time: a page that ends early must not cost what the whole would.
local function fill()
  local command, from, to = 'XRANGE', first, last
  if ARGV[5] ~= '1' then
    command, from, to = 'XREVRANGE', last, first
  end
  local left = tonumber(ARGV[9])
  local step = 4
  while #page < most do
    local some = redis.call(command, KEYS[2], from, to, 'COUNT', math.min(step, most - #page))
    for _, entry in ipairs(some) do
      local content = entry[2][8]
      left = left - #content
      if left < 0 and #page > 0 then
        cut = 1
        return
      end
      if ARGV[10] == '1' and content ~= '' then
        entry[2][8] = '0'
      end
      page[#page + 1] = entry
    end
    if #some < step then
      return
    end
    from = '(' .. some[#some][1]
    step = step * 2
  end
end

if most > 0 and (last == '+' or tonumber(first) <= tonumber(last)) then
  fill()
end
return {seq, epoch, began, before, oldest[1] and oldest[1][1] or '', page, cut}
