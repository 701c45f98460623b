"""Every test here begins with an empty server, and is done twice."""

import pytest

from tasks_core.backends.redis.inbox import listener
from tests.tasks_core.redis.store import claim, every_reply_lost, process
from tests.tasks_core.redis_keys import empty, server


@pytest.fixture(autouse=True, params=["answers arrive", "answers are lost"])
def _answers(request):
    """Once as it should be; once as if each command had to be sent again, since nobody answered."""
    empty()
    if request.param == "answers arrive":
        yield
    else:
        with every_reply_lost() as twice:
            yield
        assert twice.differing == []  # what was repeated has changed nothing
    empty()


@pytest.fixture
def wait():
    """Let a worker wait with so many free slots, and return its inbox."""
    opened = []

    def begin(slots=2, queues=None):
        owner = process(queues)
        inbox = listener(server(), queues=queues, owner=lambda: owner)
        inbox.open()
        assert claim(owner, slots, queues=queues, waits=True) == []
        opened.append(inbox)
        inbox.id = owner
        return inbox

    yield begin
    for inbox in opened:
        inbox.interrupt()
        inbox.close()
