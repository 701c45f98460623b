-- with: ended
-- What a process owned goes back: as if never claimed, or counted, or failed for good.
local function unclaim(id, job, woken)
  local key = P .. ':job:' .. id
  redis.call('SREM', P .. ':owned:' .. job.owner, id)
  redis.call('HDEL', key, 'claimed', 'started')
  redis.call('HSET', key, 'state', 'ready', 'owner', '', 'att', job.att - 1)
  wait_again(id, job)
  start(id, job)
  woken[job.queue] = true
end

-- It may have run: it counts, and runs alone the next time.
local function repeat_alone(id, job)
  local key = P .. ':job:' .. id
  redis.call('HDEL', key, 'claimed', 'started')
  redis.call('HSET', key, 'state', 'ready', 'owner', '', 'sus', '1', 'odd', '1')
  job.sus = '1'
  wait_again(id, job)
  start(id, job)
end

local function fail(id, job, reason, ttl, woken)
  redis.call('HSET', P .. ':job:' .. id, 'state', 'failed', 'owner', '', 'reason', reason,
    'finished', NOW)
  finish(id, job, 'failed', NOW, ttl, woken)
end

-- The jobs that were claimed for a process that has not read of them.
local function unread_of(process)
  local unread = {}
  for _, message in ipairs(redis.call('LRANGE', P .. ':inbox:' .. process, 0, -1)) do
    if string.sub(message, 1, 1) == 'j' then
      local at = 0
      for part in string.gmatch(string.sub(message, 2) .. '\0', '(%Z*)%z') do
        if at % ROW == 0 then
          unread[part] = true
        end
        at = at + 1
      end
    end
  end
  return unread
end

-- Take everything back that a dead process owned; `started` is nil when nobody knows what had.
local function take_back(process, started, ttl_failed, ttl_cancelled)
  local count, ends, woken, are_alone = 0, {}, {}, false
  local unread = unread_of(process)
  for _, id in ipairs(redis.call('SMEMBERS', P .. ':owned:' .. process)) do
    local job = read(id)
    local reason = started and started[id .. ':' .. (job.fence or '')]
    if job.state == 'running' and job.owner == process then
      local has_begun = not unread[id] and (not started or reason)
      count = count + (has_begun and 1 or 0)
      if has_begun and job.att >= job.max then
        reason = (reason and reason ~= '') and reason or 'lost'
        fail(id, job, reason, ttl_failed, woken)
        ends[#ends + 1] = {id, 'failed', reason, job.task, job.call}
      elseif job.stop then
        cancel(id, job, 'cancelled', ttl_cancelled, woken)
        ends[#ends + 1] = {id, 'cancelled', 'cancelled', job.task, job.call}
      elseif has_begun then
        repeat_alone(id, job)
        are_alone = true
      else
        unclaim(id, job, woken)
      end
    end
  end
  local key = P .. ':process:' .. process
  redis.call('HSET', key, 'stopped', REAL)
  redis.call('EXPIRE', key, 86400)
  redis.call('ZREM', P .. ':processes', process)
  redis.call('ZREM', P .. ':idle', process)
  redis.call('HDEL', P .. ':serves', process)
  redis.call('DEL', P .. ':owned:' .. process, P .. ':stops:' .. process, P .. ':inbox:' .. process)
  wake(woken)
  if are_alone then
    call_all('a')
  end
  return {process, redis.call('HGET', key, 'name') or process, count, ends}
end
