-- with: even_when_full ended once
-- scheduled, ready -> cancelled: never run it; and ask those that run to stop.
local reason, ttl, woken, ends, asked, owners = ARGV[3], ARGV[4], {}, {}, {}, {}
for at = 5, #ARGV do
  local id = ARGV[at]
  local job = read(id)
  if job.state == 'scheduled' or job.state == 'ready' then
    cancel(id, job, reason, ttl, woken)
    ends[#ends + 1] = {id, 'cancelled', reason, job.task, job.call}
  elseif job.state == 'running' then
    redis.call('HSETNX', P .. ':job:' .. id, 'stop', NOW)
    redis.call('HSET', P .. ':job:' .. id, 'odd', '1')
    redis.call('SADD', P .. ':stops:' .. job.owner, id)
    owners[job.owner] = true
    asked[#asked + 1] = id
  end
end
for owner in pairs(owners) do
  send(owner, 'c')
end
wake(woken)
return tell(cjson.encode({ends, asked}))
