-- with: time even_when_full
-- A client that lost a reply sends the same command again, with the same token (ARGV[2]): it is
-- told again what was done, and nothing is done twice.
local REPLY = P .. ':reply:' .. ARGV[2]
do
  local told = redis.call('GET', REPLY)
  if told then
    return told
  end
end
local function tell(reply)
  redis.call('SET', REPLY, reply, 'EX', 120)
  return reply
end
