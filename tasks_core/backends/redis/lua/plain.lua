-- with: time
-- What most calls are: to be run soon, nothing else said, and no worker waits. They are stored
-- before all that is made which others need: a script makes its functions anew for each call.
local function are_plain()
  for at = 2, #ARGV, 8 do
    if ARGV[at + 5] ~= '' or ARGV[at + 7] ~= '' then
      return false
    end
  end
  return redis.call('EXISTS', P .. ':idle') == 0
end

if are_plain() then
  local answers, known_queues, now = {}, {}, string.format('%016.0f', NOW)
  for at = 2, #ARGV, 8 do
    local id, queue, priority = ARGV[at], ARGV[at + 3], ARGV[at + 4]
    local key = P .. ':job:' .. id
    local known = redis.call('HGET', key, 'state')
    if known then
      answers[#answers + 1] = '+' .. known
    else
      redis.call('HSET', key, 'task', ARGV[at + 1], 'call', ARGV[at + 2], 'queue', queue,
        'pri', priority, 'after', now, 'enq', now, 'max', ARGV[at + 6], 'state', 'ready')
      redis.call('ZADD', P .. ':ready:' .. queue, -priority, now .. id)
      if not known_queues[queue] then
        redis.call('SADD', P .. ':queues', queue)
        known_queues[queue] = true
      end
      answers[#answers + 1] = 'ready'
    end
  end
  return answers
end
