-- with: plain said
-- nothing -> scheduled, ready: store jobs. One whose id is known is left as it is: the caller, or
-- its outbox, asks again. Whose key is held is told by whom.
local answers, woken, is_earliest = {}, {}, false

local function store(id, said, more)
  local known = redis.call('HGET', P .. ':job:' .. id, 'state')
  if known then
    return '+' .. known
  end
  local kept = more.kept or {}
  local gone = kept.given and redis.call('GET', P .. ':gone:' .. id)
  -- What left for another backend may be brought back from there, and not be asked for anew.
  if gone and not (gone == 'moved' and kept.given == 'moved') then
    return '!'
  end
  if kept.key then
    local holder = redis.call('GET', P .. ':key:' .. kept.key)
    if holder and redis.call('EXISTS', P .. ':job:' .. holder) == 1 then
      return '=' .. holder
    end
    redis.call('SET', P .. ':key:' .. kept.key, id)
  end
  local state, is_first = keep(id, said, more, woken)
  is_earliest = is_earliest or is_first
  return state
end

for at = 2, #ARGV, SAID do
  local said = {unpack(ARGV, at + 1, at + SAID - 2)}
  answers[#answers + 1] = store(ARGV[at], said, more_of(ARGV[at + SAID - 1]))
end
wake(woken)
if is_earliest then
  call_all('d')
end
return answers
