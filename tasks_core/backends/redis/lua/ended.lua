-- with: limits
-- Jobs that have ended: kept for a while, and their ids refused for at least a week.
local WEEK = 604800

local function refuse_again(id, given)
  if given then
    redis.call('SET', P .. ':gone:' .. id, '1', 'EX', WEEK)
  end
end

local function free_key(id, key)
  if key and redis.call('GET', P .. ':key:' .. key) == id then
    redis.call('DEL', P .. ':key:' .. key)
  end
end

local function finish(id, job, state, at, ttl, woken)
  redis.call('ZADD', P .. ':ended:' .. state, at, id)
  redis.call('EXPIRE', P .. ':job:' .. id, ttl)
  free_key(id, job.key)
  if job.expires then
    redis.call('ZREM', P .. ':expiring', id)
  end
  if tonumber(ttl) < WEEK then
    refuse_again(id, job.given)
  end
  give_permit_back(id, job.ckey, woken)
end

local NAMES = {'state', 'owner', 'fence', 'left', 'queue', 'pri', 'after', 'ckey', 'rkey', 'key',
  'expires', 'given', 'att', 'max', 'stop', 'sus', 'task', 'call', 'permits', 'each'}

local function read(id)
  local values = redis.call('HMGET', P .. ':job:' .. id, unpack(NAMES))
  local job = {}
  for at, name in ipairs(NAMES) do
    job[name] = values[at] or nil
  end
  -- What somebody else wrote may lack some: it stops nobody.
  job.task, job.call, job.queue = job.task or '', job.call or '', job.queue or ''
  job.att, job.max = tonumber(job.att) or 0, tonumber(job.max) or 1
  job.pri, job.after = tonumber(job.pri) or 0, tonumber(job.after) or 0
  job.expires = tonumber(job.expires)
  return job
end

local function cancel(id, job, reason, ttl, woken)
  withdraw(id, job)
  redis.call('HSET', P .. ':job:' .. id, 'state', 'cancelled', 'owner', '', 'reason', reason,
    'finished', NOW)
  finish(id, job, 'cancelled', NOW, ttl, woken)
end

-- It waits again, and may expire while it does.
local function wait_again(id, job)
  if job.expires then
    redis.call('ZADD', P .. ':expiring', job.expires, id)
  end
end
