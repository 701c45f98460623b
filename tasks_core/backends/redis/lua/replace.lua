-- with: ended said
-- scheduled, ready -> scheduled, ready: a later call takes the place of the one that has its key.
local id, more, woken = ARGV[2], more_of(ARGV[9]), {}
local job = read(id)
if not job.state or redis.call('GET', P .. ':key:' .. more.kept.key) ~= id then
  return ''
end
if job.state ~= 'scheduled' and job.state ~= 'ready' then
  return job.state
end
withdraw(id, job)
give_permit_back(id, job.ckey, woken)
-- It begins anew: neither failures nor a wish to stop were about what it is now.
redis.call('HDEL', P .. ':job:' .. id, 'expires', 'ckey', 'permits', 'rkey', 'each', 'timeout', 'att',
  'stop', 'pdone', 'ptotal', 'parked', 'sus', 'odd')
redis.call('ZREM', P .. ':expiring', id)
more.kept.given = job.given
local state, is_earliest = keep(id, {unpack(ARGV, 3, 8)}, more, woken)
wake(woken)
if is_earliest then
  call_all('d')
end
return state
