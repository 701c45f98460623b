-- with: even_when_full ended
-- scheduled -> ready: the time of deferred jobs has come; and of rates that jobs are parked for.
local due = redis.call('ZRANGEBYSCORE', P .. ':scheduled', '-inf', NOW, 'LIMIT', 0, ARGV[2])
local woken = {}
for _, id in ipairs(due) do
  redis.call('ZREM', P .. ':scheduled', id)
  local job = read(id)
  if job.state == 'scheduled' then
    redis.call('HSET', P .. ':job:' .. id, 'state', 'ready')
    arrive(id, job, woken)
  end
end
for _, name in ipairs(redis.call('ZRANGEBYSCORE', P .. ':gates', '-inf', NOW, 'LIMIT', 0, 100)) do
  open_gate(name, woken)
end
wake(woken)
return #due
