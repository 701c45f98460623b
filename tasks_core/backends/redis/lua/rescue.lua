-- with: even_when_full back once
-- running -> ready, failed: leases have ended; take back what their processes owned.
local rescuer, found = ARGV[3], {}
if rescuer ~= '' and not is_alive(rescuer) then
  return '[]'
end
local dead = redis.call('ZRANGEBYSCORE', P .. ':processes', '-inf', '(' .. string.format('%.0f', REAL),
  'LIMIT', 0, 11)
for _, process in ipairs(dead) do
  if process ~= rescuer and #found < 10 then
    found[#found + 1] = take_back(process, nil, ARGV[4], ARGV[5])
  end
end
if #found == 0 then
  return '[]'
end
return tell(cjson.encode(found))
