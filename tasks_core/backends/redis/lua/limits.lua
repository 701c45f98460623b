-- with: hand_out
-- Limits: a job with a concurrency key holds one of its permits from when it is ready until it
-- ends or goes back to wait; one with a rate key passes when its time has come. Who has to wait is
-- parked, best first, at the key. Concurrency first: a permit that is held may wait for its rate,
-- but a rate that was passed is used at once, so that no more start than it allows.
local function parked_key(kind, name)
  return P .. ':parked:' .. kind .. ':' .. name
end

local function park(kind, name, id, job)
  redis.call('HSET', P .. ':job:' .. id, 'parked', kind)
  redis.call('ZADD', parked_key(kind, name), -tonumber(job.pri), place_of(id, tonumber(job.after)))
  redis.call('SADD', P .. ':parked', kind .. ':' .. name)
end

local function is_closed(queue)
  return redis.call('HEXISTS', P .. ':paused', queue) == 1
end

-- Where the next start of a rate may be: {earliest, spacing}; a burst may be saved up.
local function rate_of(name)
  local kept = redis.call('HMGET', P .. ':rate:' .. name, 'next', 'each')
  local each = tonumber(kept[2])
  if not each then
    return nil
  end
  local burst = math.max(1, math.floor(100000 / each))
  local floor = NOW - (burst - 1) * each
  local next_at = tonumber(kept[1])
  -- Nothing sets it further ahead than by one: the clock went back, or the rate was slower.
  if not next_at or next_at > NOW + each + 60000000 then
    return floor, each
  end
  return math.max(next_at, floor), each
end

local function start(id, job)
  redis.call('HDEL', P .. ':job:' .. id, 'parked')
  make_ready(id, job.queue, tonumber(job.pri), tonumber(job.after), job.sus)
end

local function first_parked(kind, name)
  for _, place in ipairs(redis.call('ZRANGE', parked_key(kind, name), 0, 199)) do
    local id = string.sub(place, 17)
    local got = redis.call('HMGET', P .. ':job:' .. id, 'queue', 'pri', 'after', 'rkey', 'sus')
    if not got[1] then
      redis.call('ZREM', parked_key(kind, name), place)
    elseif not is_closed(got[1]) then
      redis.call('ZREM', parked_key(kind, name), place)
      return id, {queue = got[1], pri = got[2], after = got[3], rkey = got[4], sus = got[5]}
    end
  end
end

-- Let those pass whose time has come; say in which queues there are new ones.
local function open_gate(name, woken)
  local at, each = rate_of(name)
  while not at or at <= NOW do
    local id, job = first_parked('r', name)
    if not id then
      redis.call('ZREM', P .. ':gates', name)
      return
    end
    start(id, job)
    woken[job.queue] = true
    if at then
      at = at + each
      redis.call('HSET', P .. ':rate:' .. name, 'next', at)
    end
  end
  redis.call('ZADD', P .. ':gates', at, name)
end

local function pass_rate(id, job, woken)
  if job.rkey then
    park('r', job.rkey, id, job)
    open_gate(job.rkey, woken)
  else
    start(id, job)
    woken[job.queue] = true
  end
end

local function open_permits(name, woken)
  local permits = tonumber(redis.call('GET', P .. ':permits:' .. name))
  while not permits or redis.call('SCARD', P .. ':admitted:' .. name) < permits do
    local id, job = first_parked('c', name)
    if not id then
      return
    end
    redis.call('SADD', P .. ':admitted:' .. name, id)
    pass_rate(id, job, woken)
  end
end

-- A job that could start now, as far as its limits allow. Those may have been forgotten since it
-- was deferred.
local function arrive(id, job, woken)
  if job.ckey and job.permits then
    redis.call('SETNX', P .. ':permits:' .. job.ckey, job.permits)
  end
  if job.rkey and job.each then
    redis.call('HSETNX', P .. ':rate:' .. job.rkey, 'each', job.each)
  end
  if job.ckey and redis.call('SISMEMBER', P .. ':admitted:' .. job.ckey, id) == 0 then
    park('c', job.ckey, id, job)
    open_permits(job.ckey, woken)
  else
    pass_rate(id, job, woken)
  end
end

-- What waits no longer: out of every set in which it may stand.
local function withdraw(id, job)
  leave_ready(id, job.queue, tonumber(job.after))
  redis.call('ZREM', P .. ':scheduled', id)
  local place = (job.ckey or job.rkey) and place_of(id, tonumber(job.after))
  if job.ckey then
    redis.call('ZREM', parked_key('c', job.ckey), place)
  end
  if job.rkey then
    redis.call('ZREM', parked_key('r', job.rkey), place)
  end
end

-- Its permit is another's now.
local function give_permit_back(id, ckey, woken)
  if ckey and redis.call('SREM', P .. ':admitted:' .. ckey, id) == 1 then
    open_permits(ckey, woken)
  end
end

local function wake(woken)
  for queue in pairs(woken) do
    hand_out(queue)
  end
end
