-- with: time even_when_full
-- As in "once", for what a process asks one after the other: its last reply is kept and no other,
-- since claims hold whole calls, and there are many.
local REPLY = P .. ':reply:' .. ARGV[3]
if redis.call('GETRANGE', REPLY, 0, #ARGV[2] - 1) == ARGV[2] then
  return string.sub(redis.call('GET', REPLY), #ARGV[2] + 1)
end
local function tell(reply)
  redis.call('SET', REPLY, ARGV[2] .. reply, 'EX', 120)
  return reply
end
