-- with: ended
-- running -> successful, failed, cancelled, scheduled: store how attempts ended, each only while
-- it is its owner's. Answers 1 for those, also when they were stored before and nobody was told.
local HEAD, PARTS = 5, 7
local KEPT = {successful = ARGV[2], failed = ARGV[3], cancelled = ARGV[4]}
local woken, answers, is_earliest, owned = {}, {}, false, {}

local function change(changes, name, value)
  if value and value ~= '' then
    changes[#changes + 1] = name
    changes[#changes + 1] = value
  end
end

local function settle(at)
  local id, owner, fence, state, moment, started, told = unpack(ARGV, at, at + PARTS - 1)
  local key = P .. ':job:' .. id
  local got = redis.call('HMGET', key, 'state', 'owner', 'fence', 'odd', 'left')
  if got[1] ~= 'running' or got[2] ~= owner or got[3] ~= fence then
    if got[1] == 'running' and got[2] == owner then
      redis.call('SADD', P .. ':owned:' .. owner, id)
    end
    return got[5] == fence .. state and '1' or '0'
  end
  local changes = {'state', state, 'owner', '', 'left', fence .. state}
  local job = got[4] and read(id) or {}
  change(changes, 'started', started)
  change(changes, state == 'scheduled' and 'after' or 'finished', moment)
  if told ~= '' then
    local more = cjson.decode(told)
    change(changes, 'reason', more.reason)
    change(changes, 'value', more.value)
    change(changes, 'errors', more.errors)
    change(changes, 'att', more.uncounted and redis.call('HGET', key, 'att') - 1)
  end
  redis.call('HSET', key, unpack(changes))
  if job.sus then
    redis.call('HDEL', key, 'sus')
  end
  if job.stop then
    redis.call('SREM', P .. ':stops:' .. owner, id)
  end
  if state == 'scheduled' then
    wait_again(id, job)
    give_permit_back(id, job.ckey, woken)
    is_earliest = schedule(id, tonumber(moment)) or is_earliest
  else
    finish(id, job, state, moment, KEPT[state], woken)
  end
  return '1'
end

-- First what a server whose memory is full allows; then it allows the rest of it, too.
for at = HEAD, #ARGV, PARTS do
  local owner = ARGV[at + 1]
  owned[owner] = owned[owner] or {}
  table.insert(owned[owner], ARGV[at])
end
for owner, ids in pairs(owned) do
  redis.call('SREM', P .. ':owned:' .. owner, unpack(ids))
end
for at = HEAD, #ARGV, PARTS do
  answers[#answers + 1] = settle(at)
end
wake(woken)
if is_earliest then
  call_all('d')
end
return table.concat(answers)
