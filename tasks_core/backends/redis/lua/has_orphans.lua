-- with: ended
-- Whether some job, of these queues, is owned by a process whose lease has ended.
local dead = redis.call('ZRANGEBYSCORE', P .. ':processes', '-inf', '(' .. string.format('%.0f', REAL))
for _, process in ipairs(dead) do
  for _, id in ipairs(redis.call('SMEMBERS', P .. ':owned:' .. process)) do
    local queue = redis.call('HGET', P .. ':job:' .. id, 'queue')
    if ARGV[2] == '' or (queue and string.find(ARGV[2], ',' .. queue .. ',', 1, true)) then
      return 1
    end
  end
end
return 0
