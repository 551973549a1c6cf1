-- In front of every script in a cluster. Only the first key is declared there: while a slot moves, Redis refuses a command
-- with TRYAGAIN if some of the keys that it names are there and some are not, be it that they never were. The other keys,
-- which are of the same slot, come as the last arguments, with their number behind them.
local sharded = true
local others = tonumber(table.remove(ARGV))
for i = #ARGV - others + 1, #ARGV do
  table.insert(KEYS, ARGV[i])
end
for _ = 1, others do
  table.remove(ARGV)
end
