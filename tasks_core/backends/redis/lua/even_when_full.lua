-- with: time
-- A server whose memory is full refuses a script whose first write needs more. This one needs none
-- and changes nothing, so that the rest is allowed: what keeps or ends jobs must go on then.
redis.call('DEL', P .. ':nothing')
