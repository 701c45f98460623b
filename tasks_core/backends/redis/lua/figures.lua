-- with: ready
-- How many jobs of each queue may be claimed, and since when the oldest waits. Of each priority the
-- first is the oldest, and there are 201 at most. No more queues are told than a person reads.
local MOST = 500

local function oldest_of(key)
  local oldest
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  while first[1] do
    local after = tonumber(string.sub(first[1], 1, 16))
    oldest = oldest and math.min(oldest, after) or after
    first = redis.call('ZRANGEBYSCORE', key, '(' .. first[2], '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  end
  return oldest
end

local found = {}
local names = redis.call('SMEMBERS', P .. ':queues')
table.sort(names)
for _, queue in ipairs(names) do
  local free, alone = ready_key(queue, false), ready_key(queue, true)
  local count = redis.call('ZCARD', free) + redis.call('ZCARD', alone)
  if count > 0 and #found < MOST then
    local one, other = oldest_of(free), oldest_of(alone)
    local oldest = math.min(one or other, other or one)
    found[#found + 1] = {queue, count, string.format('%.0f', oldest)}
  end
end
return found
