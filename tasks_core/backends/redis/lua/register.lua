-- with: even_when_full
-- A process begins: its lease ends so many microseconds (ARGV[3]) from now, by this clock.
local key = P .. ':process:' .. ARGV[2]
redis.call('HSET', key, 'started', REAL, unpack(ARGV, 4))
redis.call('ZADD', P .. ':processes', REAL + tonumber(ARGV[3]), ARGV[2])
return redis.call('HGET', key, 'started')
