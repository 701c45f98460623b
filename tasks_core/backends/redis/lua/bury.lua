-- with: even_when_full back once
-- running -> ready, failed: somebody saw this process dead; what it had started counts.
return tell(cjson.encode({take_back(ARGV[3], cjson.decode(ARGV[6]), ARGV[4], ARGV[5])}))
