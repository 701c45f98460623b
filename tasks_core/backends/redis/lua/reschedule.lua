-- with: ended once
-- scheduled, ready -> scheduled, ready: change when and where an unclaimed job will run. One that
-- is put off gives its permit back, and waits for it again.
local when, queue, priority = ARGV[3], ARGV[4], ARGV[5]
local rate, each = ARGV[6], ARGV[7]
local count, woken, is_earliest = 0, {}, false
if rate ~= '' then
  redis.call('HSET', P .. ':rate:' .. rate, 'each', each)
end
for at = 8, #ARGV do
  local id = ARGV[at]
  local job, key = read(id), P .. ':job:' .. ARGV[at]
  if job.state == 'scheduled' or job.state == 'ready' then
    withdraw(id, job)
    give_permit_back(id, job.ckey, woken)
    job.after = when ~= '' and tonumber(when) or tonumber(job.after)
    job.pri = priority ~= '' and priority or job.pri
    if queue ~= '' then
      job.queue = queue
      -- It obeys the rate of its new queue, unless it has one of its own.
      if not job.rkey or string.sub(job.rkey, 1, 6) == 'queue:' then
        redis.call('HDEL', key, 'rkey', 'each')
        job.rkey = rate ~= '' and rate or nil
        if job.rkey then
          redis.call('HSET', key, 'rkey', rate, 'each', each, 'odd', '1')
        end
      end
    end
    local state = job.state
    if when ~= '' then
      state = job.after > NOW and 'scheduled' or 'ready'
    end
    redis.call('HSET', key, 'after', job.after, 'pri', job.pri, 'queue', job.queue, 'state', state)
    redis.call('HDEL', key, 'parked')
    if state == 'scheduled' then
      is_earliest = schedule(id, job.after) or is_earliest
    else
      arrive(id, job, woken)
    end
    count = count + 1
  end
end
wake(woken)
if is_earliest then
  call_all('d')
end
return tell(tostring(count))
