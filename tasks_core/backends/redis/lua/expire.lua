-- with: ended once
-- scheduled, ready -> cancelled: their time to start has passed.
local late = redis.call('ZRANGEBYSCORE', P .. ':expiring', '-inf', NOW, 'LIMIT', 0, 500)
local woken, ends = {}, {}
for _, id in ipairs(late) do
  local job = read(id)
  redis.call('ZREM', P .. ':expiring', id)
  if job.state == 'scheduled' or job.state == 'ready' then
    cancel(id, job, 'expired', ARGV[3], woken)
    ends[#ends + 1] = {id, 'cancelled', 'expired', job.task, job.call}
  end
end
wake(woken)
return tell(cjson.encode(ends))
