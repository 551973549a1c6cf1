-- In front of every script of the log. The node puts "local server = '...'" before it: the run id of the server process
-- that it loads the script into. A server has only scripts that were loaded into itself, so the id is true without asking:
-- a replica that was promoted, or a server that came back from its disk, may lack messages that were acked before, and so
-- every room begins a new epoch there instead of giving a seq twice.

-- Where the room stands: born, seq, epoch. With fresh set, a room that is not there begins its life.
local function life(meta, stream, fresh)
  local was = redis.call('HMGET', meta, 'born', 'server', 'seq', 'epoch')
  if not was[1] then
    if not fresh then
      return nil
    end
    redis.call('DEL', stream) -- evicted apart from its counter: its ids would be in the way of the new ones
    redis.call('HSET', meta, 'born', fresh, 'server', server, 'seq', 0, 'epoch', fresh)
    return fresh, 0, fresh
  end
  local epoch = was[4]
  if was[2] ~= server then
    epoch = was[1] .. '-' .. string.sub(server, 1, 12)
    redis.call('HSET', meta, 'server', server, 'epoch', epoch)
  end
  return was[1], tonumber(was[3]), epoch
end
