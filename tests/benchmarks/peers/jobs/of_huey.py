from huey import RedisHuey, SqliteHuey

from tests.benchmarks import stage
from tests.benchmarks.sink import hit

if stage.STORE == "sqlite":
    huey = SqliteHuey("bench", filename=str(stage.sqlite_file()))
else:
    huey = RedisHuey("bench", url=stage.REDIS_URL)


@huey.task()
def noop(number):
    hit(number)
