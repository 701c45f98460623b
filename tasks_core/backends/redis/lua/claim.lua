-- with: hand_out last
-- ready -> running: hand the best jobs to one process, and to no other. Who gets fewer than it has
-- room for, and waits, is registered: what comes is claimed for it.
local owner, limit, ahead = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local alone, waits, served = ARGV[6] == '1', ARGV[7] == '1', ARGV[8]
if not is_alive(owner) then
  return ''
end
local names, short = {}, {}
if served == '' then
  names = redis.call('SMEMBERS', P .. ':queues')
else
  for name in string.gmatch(served, '[^,]+') do
    names[#names + 1] = name
  end
end
for at = 9, #ARGV do
  short[ARGV[at]] = true
end
local coming = (waits or alone) and count_coming(owner) or 0
local room = alone and coming > 0 and 0 or limit - coming
local rows = claim_best(owner, names, room, ahead, short, alone)
-- First what a server whose memory is full allows; then it allows the rest of it, too.
redis.call('ZREM', P .. ':idle', owner)
if waits and #rows < room then
  redis.call('ZADD', P .. ':idle', room - #rows, owner)
end
if #rows == 0 then
  return ''
end
return tell(table.concat(rows, '\0'))
