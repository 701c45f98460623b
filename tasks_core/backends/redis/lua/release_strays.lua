-- with: back once
-- running -> ready: give back what a process owns without knowing, since a reply was lost.
local owner, known, woken, strays = ARGV[3], {}, {}, {}
for at = 4, #ARGV do
  known[ARGV[at]] = true
end
for _, id in ipairs(redis.call('SMEMBERS', P .. ':owned:' .. owner)) do
  local job = read(id)
  local claim = id .. ':' .. (job.fence or '')
  if job.state == 'running' and job.owner == owner and not known[claim] then
    unclaim(id, job, woken)
    strays[#strays + 1] = claim
  end
end
wake(woken)
return tell(table.concat(strays, ','))
