-- with: take
-- What there may be to do for a worker: nothing is changed.
local owner, served = ARGV[2], ARGV[3]
local function first(name)
  local found = redis.call('ZRANGE', P .. name, 0, 0, 'WITHSCORES')
  return tonumber(found[2])
end
local function text(moment)
  return moment and string.format('%.0f', moment) or ''
end
local next_run, next_gate = first(':scheduled'), first(':gates')
if next_gate and (not next_run or next_gate < next_run) then
  next_run = next_gate
end
local has_dead, has_suspects, has_ready = '0', '0', '0'
local ended = '(' .. string.format('%.0f', REAL)
for _, process in ipairs(redis.call('ZRANGEBYSCORE', P .. ':processes', '-inf', ended, 'LIMIT', 0, 2)) do
  if process ~= owner then
    has_dead = '1'
  end
end
for _, queue in ipairs(redis.call('SMEMBERS', P .. ':queues')) do
  if redis.call('HEXISTS', P .. ':paused', queue) == 0 then
    if served == '' or string.find(served, ',' .. queue .. ',', 1, true) then
      if redis.call('EXISTS', ready_key(queue, true)) == 1 then
        has_suspects = '1'
      end
      if redis.call('EXISTS', ready_key(queue, false)) == 1 then
        has_ready = '1'
      end
    end
  end
end
local has_cancels = redis.call('EXISTS', P .. ':stops:' .. owner)
return {text(NOW), text(next_run), text(first(':expiring')), has_dead, tostring(has_cancels),
  has_suspects, has_ready}
