-- with: ended once
-- failed, cancelled -> ready: an operator wants it run after all, with all its attempts.
local count, woken = 0, {}
for at = 3, #ARGV do
  local id = ARGV[at]
  local job, key = read(id), P .. ':job:' .. ARGV[at]
  local is_away = redis.call('SISMEMBER', P .. ':moving', id) == 1
  if job.state == 'failed' or (job.state == 'cancelled' and not is_away) then
    redis.call('ZREM', P .. ':ended:' .. job.state, id)
    redis.call('PERSIST', key)
    redis.call('HSET', key, 'state', 'ready', 'after', NOW, 'att', 0, 'reason', '')
    -- Another job may have its key by now; and it may start whenever it can.
    redis.call('HDEL', key, 'expires', 'key', 'claimed', 'started', 'finished', 'stop', 'sus',
      'pdone', 'ptotal', 'parked')
    job.after, job.sus = NOW, nil
    arrive(id, job, woken)
    count = count + 1
  end
end
wake(woken)
return tell(tostring(count))
