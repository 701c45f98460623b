-- with: back once
-- running -> ready: the owner gives back what it has not started, as if never claimed.
local count, woken = 0, {}
for at = 3, #ARGV, 3 do
  local id, owner, fence = unpack(ARGV, at, at + 2)
  local job = read(id)
  if job.state == 'running' and job.owner == owner and job.fence == fence then
    unclaim(id, job, woken)
    count = count + 1
  end
end
wake(woken)
return tell(tostring(count))
