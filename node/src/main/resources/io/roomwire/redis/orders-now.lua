-- The time of the server that has the stream, in ms. KEYS: stream
local now = redis.call('TIME')
return now[1] * 1000 + math.floor(now[2] / 1000)
