-- with: ready
-- ready -> running: the best jobs of some queues become the property of one process.
-- Of most jobs no more is asked than this; `odd` says that there is more to one.
local function is_alive(owner)
  local lease = redis.call('ZSCORE', P .. ':processes', owner)
  return lease and tonumber(lease) >= REAL
end

-- A count, whatever a stranger wrote in its place.
local function count_of(text)
  local number = tonumber(text)
  return number and number >= 0 and number < 2^31 and math.floor(number) or 0
end

local function read_ready(id)
  local got = redis.call('HMGET', P .. ':job:' .. id, 'task', 'call', 'max', 'att', 'fence',
    'errors', 'odd')
  if not got[1] or #id ~= 32 or string.find(id, '%X') then
    return nil
  end
  local job = {id = id, task = got[1], call = got[2] or '', max = got[3] or '',
    att = count_of(got[4]) + 1, fence = count_of(got[5]) + 1, errors = got[6] or '',
    ckey = '', rkey = ''}
  if got[7] then
    local more = redis.call('HMGET', P .. ':job:' .. id, 'expires', 'ckey', 'rkey', 'timeout', 'stop')
    job.expires, job.ckey, job.rkey, job.stop = more[1], more[2] or '', more[3] or '', more[5]
    job.is_limited = more[2] or more[3] or more[4]
  end
  return job
end

local function is_late(job)
  return job.expires and (tonumber(job.expires) or 0) <= NOW
end

-- May wait in a process until a slot is free: known to be short, without limits, repeatable.
local function may_wait(job, short)
  return short[job.task] and (tonumber(job.max) or 1) > 1 and not job.is_limited
end

-- A claimed job as one text, of which the parts are told apart by NUL, which none contains unless
-- somebody else wrote it: then it has no seal either, and fails for that.
local ROW = 12
local function told(job, queue, priority, after)
  local parts = {job.task, queue or '', priority or '', after or '', job.max, job.errors, job.ckey,
    job.rkey, job.call}
  if string.find(table.concat(parts), '\0', 1, true) then
    parts = {'', '', '', '', '', '', '', '', ''}
  end
  return table.concat({job.id, job.fence, job.att, table.concat(parts, '\0')}, '\0')
end

-- To be called after something that a server whose memory is full allows: then it allows this.
local function take(owner, job, queue, priority, after)
  if job.expires then
    redis.call('ZREM', P .. ':expiring', job.id)
  end
  redis.call('HSET', P .. ':job:' .. job.id, 'state', 'running', 'owner', owner, 'claimed', NOW,
    'att', job.att, 'fence', job.fence)
  if job.stop then  -- nobody has seen to it since it came back from a run
    redis.call('SADD', P .. ':stops:' .. owner, job.id)
  end
  return told(job, queue, priority, after)
end

local function open_queues(names, suspect)
  local found = {}
  local paused = redis.call('EXISTS', P .. ':paused') == 1
  for _, name in ipairs(names) do
    if not (paused and redis.call('HEXISTS', P .. ':paused', name) == 1) then
      if redis.call('EXISTS', ready_key(name, suspect)) == 1 then
        found[#found + 1] = name
      end
    end
  end
  return found
end

-- The best places of one queue, or of several merged: each is {score, member, queue}.
local function best(queues, reach, suspect)
  local found = {}
  for _, queue in ipairs(queues) do
    -- Up to -1 would be all of them.
    local some = reach < 1 and {} or
      redis.call('ZRANGE', ready_key(queue, suspect), 0, reach - 1, 'WITHSCORES')
    for at = 1, #some, 2 do
      found[#found + 1] = {tonumber(some[at + 1]), some[at], queue}
    end
  end
  if #queues > 1 then
    table.sort(found, function(one, other)
      if one[1] ~= other[1] then
        return one[1] < other[1]
      end
      return one[2] < other[2]
    end)
  end
  return found
end

local function own(owner, ids)
  if #ids > 0 then
    redis.call('SADD', P .. ':owned:' .. owner, unpack(ids))
  end
end

local function claim_best(owner, names, limit, ahead, short, suspect)
  local queues = open_queues(names, suspect)
  local reach = limit + (#queues > 8 and 0 or ahead)
  local rows, ids, left_out = {}, {}, 0
  repeat
    local before, chosen, left = left_out, {}, {}
    for _, place in ipairs(best(queues, reach - #rows, suspect)) do
      if #rows + #chosen >= reach then
        break
      end
      local job = read_ready(string.sub(place[2], 17))
      local is_gone = not job or is_late(job)
      local is_chosen = not is_gone and (#rows + #chosen < limit or may_wait(job, short))
      if is_chosen then
        chosen[#chosen + 1] = {job, place}
      end
      -- Those that are gone, or too late, leave, too: what expired is cancelled by its own verb.
      if is_chosen or is_gone then
        left[place[3]] = left[place[3]] or {}
        table.insert(left[place[3]], place[2])
        left_out = left_out + (is_gone and 1 or 0)
      end
    end
    for queue, members in pairs(left) do
      redis.call('ZREM', ready_key(queue, suspect), unpack(members))
    end
    for _, found in ipairs(chosen) do
      local job, place = found[1], found[2]
      rows[#rows + 1] = take(owner, job, place[3], -place[1], string.sub(place[2], 1, 16))
      ids[#ids + 1] = job.id
    end
  until left_out == before or #rows >= limit or left_out > 1000
  own(owner, ids)
  return rows
end
