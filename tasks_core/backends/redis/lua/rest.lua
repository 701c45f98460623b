-- with: back once
-- A process takes no more: nothing is claimed for it from now on, and what it has not read of goes
-- back.
local process, woken = ARGV[3], {}
redis.call('ZREM', P .. ':idle', process)
redis.call('HDEL', P .. ':serves', process)
for id in pairs(unread_of(process)) do
  local job = read(id)
  if job.state == 'running' and job.owner == process then
    unclaim(id, job, woken)
  end
end
redis.call('DEL', P .. ':inbox:' .. process)
wake(woken)
return tell('done')
