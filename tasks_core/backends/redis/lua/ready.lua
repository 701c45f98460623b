-- with: time
-- Ready jobs: for each queue a sorted set, highest priority first; of one priority by the text of
-- its members, which begins with the time since when they could run.
local function place_of(id, after)
  return string.format('%016.0f', after) .. id
end

local function ready_key(queue, suspect)
  return P .. (suspect and ':alone:' or ':ready:') .. queue
end

local function make_ready(id, queue, priority, after, suspect)
  redis.call('ZADD', ready_key(queue, suspect), -priority, place_of(id, after))
  redis.call('SADD', P .. ':queues', queue)
end

local function leave_ready(id, queue, after)
  local place = place_of(id, after)
  redis.call('ZREM', ready_key(queue, false), place)
  redis.call('ZREM', ready_key(queue, true), place)
end
