-- with: ended
-- The jobs, with their fences, that a process runs and shall stop.
local found = {}
for _, id in ipairs(redis.call('SMEMBERS', P .. ':stops:' .. ARGV[2])) do
  local job = read(id)
  if job.state == 'running' and job.owner == ARGV[2] then
    found[#found + 1] = id .. ':' .. job.fence
  else
    redis.call('SREM', P .. ':stops:' .. ARGV[2], id)
  end
end
return table.concat(found, ',')
