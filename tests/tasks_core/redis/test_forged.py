"""Whoever can write to the server may not choose what our workers do."""

import sys

import pytest

from tasks_core import job_backends
from tasks_core.backends.redis import verbs
from tasks_core.ids import job_id
from tasks_core.processes.worker import Worker
from tests.app.models import Effect
from tests.app.tasks import leave_effect, nothing
from tests.tasks_core.redis.store import claim, claim_one, end_lease, row, store
from tests.tasks_core.redis_keys import server

pytestmark = pytest.mark.django_db(transaction=True)

UNLISTED = "tests.app.unready"  # ends the process that imports it


def change(job, **fields):
    server().client.hset(server().key("job", job.hex), mapping=fields)


def sealed_call(job):
    return row(job)["call"]


def other_arguments(job):
    change(job, call=sealed_call(job).replace("tea", "gin"))


def another_task(job):
    change(job, task="tests.app.tasks.explode")


def a_module_that_nobody_wants(job):
    change(job, task=f"{UNLISTED}.anything")


def the_call_of_another_job(job):
    change(job, call=sealed_call(store(leave_effect, "rum", queue="elsewhere")))


def no_seal(job):
    change(job, call=sealed_call(job)[32:])


def no_call(job):
    server().client.hdel(server().key("job", job.hex), "call")


def hardly_anything(job):
    for name in ("call", "max", "queue", "pri", "after"):
        server().client.hdel(server().key("job", job.hex), name)


def words_for_numbers(job):
    change(job, pri="high", after="soon", max="many", expires="never", errors="none")


def breaks_between_its_parts(job):
    change(job, task="tests.app.tasks.nothing\0", errors="\0" * 40)


WAYS = (
    other_arguments,
    another_task,
    a_module_that_nobody_wants,
    the_call_of_another_job,
    no_seal,
    no_call,
    hardly_anything,
    breaks_between_its_parts,
)


@pytest.mark.parametrize("way", WAYS)
def test_a_forged_job_fails_and_nothing_of_it_is_imported_or_run(way):
    forged, honest = store(leave_effect, "tea"), store(leave_effect, "milk")
    way(forged)

    drain()

    assert (row(forged)["state"], row(forged)["reason"]) == ("failed", "forged")
    assert row(honest)["state"] == "successful"
    assert not {"tea", "gin", "rum"} & set(Effect.objects.values_list("name", flat=True))
    assert UNLISTED not in sys.modules


def drain():
    Worker(job_backends["redis"], queues=["default"], concurrency=2).drain()


def test_words_where_numbers_belong_stop_nobody():
    odd, honest = store(leave_effect, "tea"), store(leave_effect, "milk")
    words_for_numbers(odd)

    attempts = {attempt.job_id: attempt for attempt in claim()}

    assert honest in attempts
    assert attempts.get(odd) is None or attempts[odd].refused


@pytest.mark.parametrize("way", [hardly_anything, words_for_numbers])
@pytest.mark.parametrize("arrow", ["rescue", "bury", "cancel", "retry", "delete"])
def test_no_arrow_stumbles_over_what_is_missing(way, arrow):
    odd, honest = store(), store()
    attempts = claim()
    way(odd)
    now = server().now()

    if arrow == "rescue":
        end_lease(attempts[0].owner)
        verbs.rescue(server(), now=now)
    elif arrow == "bury":
        started = [attempt.key for attempt in attempts]
        verbs.bury(server(), attempts[0].owner, now=now, started=started, reasons={})
    else:
        verbs.release(server(), attempts)
        verbs.cancel(server(), [odd, honest], now=now)
        if arrow == "retry":
            assert verbs.retry(server(), [honest], now=now) == 1
        elif arrow == "delete":
            assert verbs.delete(server(), [odd, honest]) == 2
    assert row(honest).get("state") != "running"


def test_what_is_no_id_of_ours_is_not_handed_to_anybody():
    where, honest = server(), store()
    for name in ("x", "tea" * 20, "g" * 32):
        where.client.hset(where.key("job", name), mapping={"task": "t", "call": "c"})
        where.client.zadd(where.key("ready", "default"), {f"{0:016}{name}": -9})

    assert [attempt.job_id for attempt in claim()] == [honest]
    assert claim() == []


def test_a_job_that_was_never_enqueued_is_forged():
    where, name = server(), job_id().hex
    where.client.hset(where.key("job", name), mapping={"task": "os.system", "call": '[["ls"]]'})
    where.client.zadd(where.key("ready", "default"), {f"{0:016}{name}": 0})
    where.client.sadd(where.key("queues"), "default")

    assert claim_one().refused


@pytest.mark.parametrize(("fallbacks", "is_refused"), [(["tests"], False), ([], True)])
def test_jobs_outlive_a_change_of_the_key_while_the_old_one_is_a_fallback(
    settings, fallbacks, is_refused
):
    store(nothing)
    settings.SECRET_KEY = "new"
    settings.SECRET_KEY_FALLBACKS = fallbacks

    assert bool(claim_one().refused) is is_refused


def test_counts_beyond_reason_stop_no_claim():
    odd, honest = store(), store()
    change(odd, att="1e+300", fence="-inf", errors=b"\xff")

    assert {attempt.job_id for attempt in claim()} == {odd, honest}
