-- with: limits once
-- Let the jobs of a queue be claimed again; answers 0 if it was not paused.
local woken = {}
local was_paused = redis.call('HDEL', P .. ':paused', ARGV[3])
if was_paused == 1 then
  woken[ARGV[3]] = true
  for _, limit in ipairs(redis.call('SMEMBERS', P .. ':parked')) do
    local kind, name = string.sub(limit, 1, 1), string.sub(limit, 3)
    if kind == 'c' then
      open_permits(name, woken)
    else
      open_gate(name, woken)
    end
  end
  wake(woken)
  call_all('a')  -- of those that must run alone, nobody is handed one
end
return tell(tostring(was_paused))
