-- The time of this server in microseconds; for decisions, perhaps what a test pretends (ARGV[1]).
local function read_clock()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end
local REAL = read_clock()
local NOW = ARGV[1] == '' and REAL or tonumber(ARGV[1])
