-- with: limits
-- What a call says becomes what is kept of its job: id, task, sealed call, queue, priority, when,
-- attempts at most, and in JSON what few calls say.
local SAID = 8

local function instant(text)
  if string.sub(text, 1, 1) == '+' then
    return NOW + tonumber(string.sub(text, 2))
  end
  return text == '' and NOW or tonumber(text)
end

local function more_of(text)
  return text ~= '' and cjson.decode(text) or {}
end

local function keep_limits(kept)
  if kept.ckey then
    redis.call('SET', P .. ':permits:' .. kept.ckey, kept.permits)
  end
  if kept.rkey then
    redis.call('HSET', P .. ':rate:' .. kept.rkey, 'each', kept.each)
  end
end

-- Return the job's state, and whether it is the first of those that are deferred.
local function keep(id, said, more, woken)
  local task, call, queue, priority, when, most = unpack(said)
  local key, after, kept = P .. ':job:' .. id, math.max(0, instant(when)), more.kept or {}
  local state = after > NOW and 'scheduled' or 'ready'
  redis.call('HSET', key, 'task', task, 'call', call, 'queue', queue, 'pri', priority,
    'after', after, 'enq', NOW, 'max', most, 'state', state)
  if more.kept or more.expires then
    redis.call('HSET', key, 'odd', '1')
  end
  if more.expires then
    local expires = instant(more.expires)
    redis.call('HSET', key, 'expires', expires)
    redis.call('ZADD', P .. ':expiring', expires, id)
  end
  for name, value in pairs(kept) do
    redis.call('HSET', key, name, value)
  end
  keep_limits(kept)
  if state == 'scheduled' then
    return state, schedule(id, after)
  end
  if kept.ckey or kept.rkey then
    arrive(id, {queue = queue, pri = priority, after = after, ckey = kept.ckey,
      rkey = kept.rkey, sus = kept.sus}, woken)
  else
    make_ready(id, queue, priority, after, kept.sus)
    woken[queue] = true
  end
  return state, false
end
