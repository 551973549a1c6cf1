-- In front of every script of the log.

-- This server's time as a master: the id is made anew when a server starts and when a replica becomes a master, by Redis
-- itself, so it is true whoever was told of the failover and whenever.
local function reign()
  return string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
end

-- Where the room stands: born, seq, epoch, the reign in which its newest message was stored, the seq behind which that epoch
-- began, and the epochs before it, oldest first: "name end whole" for each, joined by commas. With fresh set, a room that is
-- not there begins its life.
local function life(meta, stream, fresh)
  local was = redis.call('HMGET', meta, 'born', 'seq', 'epoch', 'reign', 'began', 'before')
  if was[1] then
    -- stored by a version that did not note where an epoch began: the first one did so with the room
    local began = was[5] or (was[3] == was[1] and '0' or was[2])
    return was[1], tonumber(was[2]), was[3], was[4], tonumber(began), was[6] or ''
  end
  if not fresh then
    return nil
  end
  local now = reign()
  redis.call('DEL', stream) -- evicted apart from its counter: its ids would be in the way of the new ones
  redis.call('HSET', meta, 'born', fresh, 'seq', 0, 'epoch', fresh, 'reign', now)
  if sharded then -- there from the beginning: what is not there cannot be written while the slot moves
    redis.call('XADD', stream, 'MAXLEN', '=', 0, '0-1', 't', 0)
  end
  return fresh, 0, fresh, now, 0, ''
end
