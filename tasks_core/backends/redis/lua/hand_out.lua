-- with: take
-- Workers that wait are registered with their free slots: what becomes ready is claimed for them
-- at once and put into their inbox, where they hear of it without asking.
local function send(owner, message)
  local inbox = P .. ':inbox:' .. owner
  redis.call('RPUSH', inbox, message)
  redis.call('EXPIRE', inbox, 3600)
end

-- How many jobs lie in its inbox: they will take some of its slots.
local function count_coming(owner)
  local count = 0
  for _, message in ipairs(redis.call('LRANGE', P .. ':inbox:' .. owner, 0, -1)) do
    if string.sub(message, 1, 1) == 'j' then
      local _, breaks = string.gsub(message, '%z', '')
      count = count + (breaks + 1) / ROW
    end
  end
  return count
end

local function serves(owner, queue)
  local names = redis.call('HGET', P .. ':serves', owner)
  return names == '' or (names and string.find(names, ',' .. queue .. ',', 1, true))
end

local function hand_out(queue)
  local idle = redis.call('ZREVRANGE', P .. ':idle', 0, -1, 'WITHSCORES')
  for at = 1, #idle, 2 do
    local owner, slots = idle[at], tonumber(idle[at + 1])
    if not is_alive(owner) then
      redis.call('ZREM', P .. ':idle', owner)
    elseif serves(owner, queue) then
      local rows = claim_best(owner, {queue}, slots, 0, {}, false)
      if #rows == 0 then
        return
      end
      if #rows < slots then
        redis.call('ZADD', P .. ':idle', slots - #rows, owner)
      else
        redis.call('ZREM', P .. ':idle', owner)
      end
      send(owner, 'j' .. table.concat(rows, '\0'))
    end
  end
end

-- Let every worker look again for what is deferred ("d"), or for everything ("a").
local function call_all(word)
  for _, owner in ipairs(redis.call('ZRANGEBYSCORE', P .. ':processes', REAL, '+inf')) do
    if redis.call('HEXISTS', P .. ':serves', owner) == 1 then
      send(owner, word)
    end
  end
end

local function schedule(id, after)
  redis.call('ZADD', P .. ':scheduled', after, id)
  return redis.call('ZRANGE', P .. ':scheduled', 0, 0)[1] == id
end
