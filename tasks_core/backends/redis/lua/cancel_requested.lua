-- with: ended once
-- scheduled, ready -> cancelled: it came back from a run although it had been asked to stop.
local ttl, woken, ends = ARGV[3], {}, {}
for at = 4, #ARGV do
  local job = read(ARGV[at])
  if job.stop and (job.state == 'scheduled' or job.state == 'ready') then
    cancel(ARGV[at], job, 'cancelled', ttl, woken)
    ends[#ends + 1] = {ARGV[at], 'cancelled', 'cancelled', job.task, job.call}
  end
end
wake(woken)
return tell(cjson.encode(ends))
