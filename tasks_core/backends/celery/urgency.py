"""Our priorities, -100 to 100 and higher first, in the numbers of the servers."""

from tasks_core.options import MAX_PRIORITY, MIN_PRIORITY

MOST_AMQP = 10  # the levels that RabbitMQ advises; a queue says how many it has
MOST_REDIS = 9  # of which Redis queues have four steps unless priority_steps says otherwise


def for_amqp(priority: int, most: int = MOST_AMQP) -> int:
    """Return 0 to ``most``, which is the x-max-priority of the queue; higher goes first."""
    return round((priority - MIN_PRIORITY) * most / (MAX_PRIORITY - MIN_PRIORITY))


def for_redis(priority: int) -> int:
    """Return 9 to 0; lower goes first."""
    return MOST_REDIS - for_amqp(priority, MOST_REDIS)
