-- with: even_when_full
-- Extend a lease, unless its process was taken for dead; say how it was found.
local lease = redis.call('ZSCORE', P .. ':processes', ARGV[2])
if not lease then
  return 'lost'
end
redis.call('ZADD', P .. ':processes', REAL + tonumber(ARGV[3]), ARGV[2])
return tonumber(lease) >= REAL and 'kept' or 'late'
