-- with: even_when_full
-- A process reads its inbox from now on: of these queues it may be handed jobs, and it is told of
-- what concerns all.
redis.call('HSET', P .. ':serves', ARGV[2], ARGV[3])
return 1
