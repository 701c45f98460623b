-- with: ended
-- successful, failed, cancelled -> nothing: remove a batch of old ones.
local ended = P .. ':ended:' .. ARGV[2]
local old = redis.call('ZRANGEBYSCORE', ended, '-inf', '(' .. ARGV[3], 'LIMIT', 0, ARGV[4])
for _, id in ipairs(old) do
  local job = read(id)
  if job.state == ARGV[2] then
    redis.call('UNLINK', P .. ':job:' .. id)
    refuse_again(id, job.given)
  end
  redis.call('ZREM', ended, id)
end
return #old
