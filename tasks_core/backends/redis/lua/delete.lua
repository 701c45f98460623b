-- with: ended once
-- successful, failed, cancelled, scheduled, ready -> nothing: remove single jobs.
local count, woken = 0, {}
for at = 3, #ARGV do
  local id = ARGV[at]
  local job = read(id)
  if job.state and job.state ~= 'running' then
    withdraw(id, job)
    free_key(id, job.key)
    redis.call('ZREM', P .. ':expiring', id)
    redis.call('ZREM', P .. ':ended:' .. job.state, id)
    redis.call('UNLINK', P .. ':job:' .. id)
    refuse_again(id, job.given)
    give_permit_back(id, job.ckey, woken)
    count = count + 1
  end
end
wake(woken)
return tell(tostring(count))
