import dramatiq
from dramatiq.brokers.redis import RedisBroker

from tests.benchmarks import stage
from tests.benchmarks.sink import hit

dramatiq.set_broker(RedisBroker(url=stage.REDIS_URL))


@dramatiq.actor
def noop(number):
    hit(number)
