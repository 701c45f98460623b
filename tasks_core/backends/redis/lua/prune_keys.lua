-- with: limits
-- Forget queues of which no job is left, and limits that nobody has reached: they are kept again
-- when a job arrives that has them.
local count = 0
for _, queue in ipairs(redis.call('SMEMBERS', P .. ':queues')) do
  if redis.call('EXISTS', ready_key(queue, false), ready_key(queue, true)) == 0 then
    count = count + redis.call('SREM', P .. ':queues', queue)
  end
end
for _, limit in ipairs(redis.call('SMEMBERS', P .. ':parked')) do
  local kind, name = string.sub(limit, 1, 1), string.sub(limit, 3)
  local next_at = tonumber(redis.call('HGET', P .. ':rate:' .. name, 'next') or 0)
  local is_used = kind == 'c' and redis.call('EXISTS', P .. ':admitted:' .. name) == 1
    or kind == 'r' and next_at > NOW - 1000000
  if not is_used and redis.call('EXISTS', parked_key(kind, name)) == 0 then
    redis.call('DEL', P .. (kind == 'c' and ':permits:' or ':rate:') .. name)
    count = count + redis.call('SREM', P .. ':parked', limit)
  end
end
return count
