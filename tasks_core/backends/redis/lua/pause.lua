-- with: even_when_full ended once
-- Let nobody claim a job of a queue; answers 0 if that was so already. Permits that its jobs had,
-- and have not begun to use, are for jobs of other queues.
local queue, woken = ARGV[3], {}
local is_new = redis.call('HSETNX', P .. ':paused', queue, ARGV[4])
if is_new == 1 then
  for _, limit in ipairs(redis.call('SMEMBERS', P .. ':parked')) do
    local kind, name = string.sub(limit, 1, 1), string.sub(limit, 3)
    for _, id in ipairs(kind == 'c' and redis.call('SMEMBERS', P .. ':admitted:' .. name) or {}) do
      local job = read(id)
      if job.queue == queue and job.state == 'ready' then
        withdraw(id, job)
        park('c', name, id, job)
        give_permit_back(id, name, woken)
      end
    end
  end
  wake(woken)
end
return tell(tostring(is_new))
