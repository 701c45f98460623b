-- with: ended
-- cancelled -> nothing: they have arrived elsewhere. Whoever asks for one of their ids again is
-- refused, unless it is brought back from there.
local count = 0
for at = 2, #ARGV do
  local id = ARGV[at]
  if redis.call('SREM', P .. ':moving', id) == 1 then
    redis.call('ZREM', P .. ':ended:cancelled', id)
    redis.call('UNLINK', P .. ':job:' .. id)
    redis.call('SET', P .. ':gone:' .. id, 'moved', 'EX', WEEK)
    count = count + 1
  end
end
return count
