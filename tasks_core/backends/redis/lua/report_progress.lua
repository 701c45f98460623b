-- with: even_when_full
-- Running jobs say how far they are; only their owner's word is written.
local count = 0
for at = 2, #ARGV, 5 do
  local id, owner, fence, done, total = unpack(ARGV, at, at + 4)
  local key = P .. ':job:' .. id
  local found = redis.call('HMGET', key, 'state', 'owner', 'fence')
  if found[1] == 'running' and found[2] == owner and found[3] == fence then
    redis.call('HSET', key, 'pdone', done, 'ptotal', total)
    count = count + 1
  end
end
return count
