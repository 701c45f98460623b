-- with: take once
-- ready -> running: these jobs and no others, for who asks for them by name.
local owner, rows, ids = ARGV[3], {}, {}
if not is_alive(owner) then
  return ''
end
for at = 5, #ARGV do
  local id = ARGV[at]
  local job = read_ready(id)
  local state, parked, queue, priority, after = unpack(redis.call('HMGET', P .. ':job:' .. id,
    'state', 'parked', 'queue', 'pri', 'after'))
  if job and state == 'ready' and not parked and not is_late(job) and #ids < tonumber(ARGV[4]) then
    leave_ready(id, queue or '', tonumber(after) or 0)
    ids[#ids + 1] = id
    rows[#rows + 1] = take(owner, job, queue, priority, after)
  end
end
own(owner, ids)
if #rows == 0 then
  return ''
end
return tell(table.concat(rows, '\0'))
