-- with: ended once
-- scheduled, ready -> cancelled: they are on their way to another backend, and no worker's.
local reason, ttl, woken, taken = ARGV[3], ARGV[4], {}, {}
for at = 5, #ARGV do
  local id = ARGV[at]
  local job = read(id)
  if job.state == 'scheduled' or job.state == 'ready' then
    cancel(id, job, reason, ttl, woken)
    redis.call('SADD', P .. ':moving', id)
    redis.call('ZREM', P .. ':ended:cancelled', id)  -- no prune may forget it before it arrives
    taken[#taken + 1] = id
  end
end
wake(woken)
return tell(table.concat(taken, ','))
