-- with: time
-- An orderly end. Jobs that are still owned are left to the rescuers, from this moment on.
local process = ARGV[2]
if not redis.call('ZSCORE', P .. ':processes', process) then
  return 0
end
redis.call('ZREM', P .. ':idle', process)
redis.call('HDEL', P .. ':serves', process)
if redis.call('SCARD', P .. ':owned:' .. process) > 0 then
  redis.call('ZADD', P .. ':processes', REAL - 1, process)
  return 1
end
redis.call('ZREM', P .. ':processes', process)
redis.call('HSET', P .. ':process:' .. process, 'stopped', REAL)
redis.call('EXPIRE', P .. ':process:' .. process, 86400)
redis.call('DEL', P .. ':stops:' .. process, P .. ':inbox:' .. process)
return 1
