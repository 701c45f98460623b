"""What was on its way to a worker that died, broke off or rests: it goes back, uncounted."""

import pytest
import redis

from tasks_core.backends.redis import verbs
from tasks_core.wakes import Wake
from tests.tasks_core.redis.store import (
    claimed,
    end_lease,
    everything,
    handed,
    now,
    row,
    state,
    store,
)
from tests.tasks_core.redis_keys import server


def test_nobody_who_is_dead_is_handed_anything(wait):
    dead, alive = wait(9), wait(1)
    end_lease(dead.id)

    job = store()

    assert handed(alive) == [job]


def test_what_the_dead_had_not_read_goes_back_uncounted(wait):
    inbox = wait()
    job = store(max_attempts=1)
    end_lease(inbox.id)

    verbs.rescue(server(), now=now())

    assert (state(job), row(job)["att"], row(job).get("sus")) == ("ready", "0", None)
    assert handed(inbox) == []


def test_what_the_dead_had_read_counts(wait):
    inbox = wait()
    job = store(max_attempts=2)
    handed(inbox)
    end_lease(inbox.id)

    verbs.rescue(server(), now=now())

    assert (row(job)["att"], row(job)["sus"]) == ("1", "1")


def test_who_rests_gives_back_what_it_has_not_read_and_is_handed_no_more(wait):
    inbox = wait(3)
    job = store()

    inbox.interrupt()
    inbox.close()

    assert (state(job), row(job)["att"]) == ("ready", "0")
    later = store()
    assert claimed() == [job, later]
    assert not {"idle", "serves"} & set(everything())


def test_after_a_broken_connection_what_was_on_its_way_is_sought(wait):
    inbox = wait(1)
    job = store()
    server().client.delete(server().key("inbox", inbox.id.hex))  # as if it had been sent
    inbox._connection.send_command("CLIENT", "ID")
    server().client.client_kill_filter(_id=inbox._connection.read_response())

    with pytest.raises(redis.exceptions.ConnectionError):
        inbox.wait(5)
    inbox.close()
    inbox.open()

    assert inbox.wait(5) == Wake.STRAYS
    assert verbs.release_strays(server(), inbox.id, known=[]) == 1
    assert (state(job), row(job)["att"]) == ("ready", "0")


def test_what_waits_to_be_taken_is_no_stray_and_what_was_given_back_is_not_taken(wait):
    inbox = wait()
    store()
    inbox.wait(5)
    assert verbs.release_strays(server(), inbox.id, known=[]) == 0

    late = store()
    assert verbs.release_strays(server(), inbox.id, known=[]) == 1

    assert late not in handed(inbox)
