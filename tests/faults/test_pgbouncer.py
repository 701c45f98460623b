"""
S10: a pooler gives each transaction another session: PgBouncer in transaction mode.

In the long form, and where it is installed; tests/tasks_core/pooler.py stands for it elsewhere.
"""

import os
import shutil
import subprocess

import pytest
from django.db import connection

from scheduler.models import Schedule
from tasks_core.models import Job
from tests import services
from tests.faults.kit.havoc import Havoc
from tests.faults.kit.ledger import assert_balanced, audit
from tests.faults.kit.tally import size
from tests.tasks_core.races import eventually

PROCESSES, KILLS = 2, 20
SCENARIO = "S10 PgBouncer"

pytestmark = [
    pytest.mark.vendor(*size((), ("postgresql",))),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def bouncer(tmp_path):
    """Start PgBouncer in front of the database, in transaction mode; return its port."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer is not installed: `apt-get install pgbouncer`.")
    folder = services.folder() / f"pgbouncer-{tmp_path.name}"
    folder.mkdir()
    port, at = services.free_port(), connection.settings_dict
    (folder / "users").write_text(f'"{at["USER"]}" ""\n')
    (folder / "ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={at['PORT']}\n"
        f"[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={port}\nunix_socket_dir=\n"
        f"auth_type=trust\nauth_file={folder / 'users'}\npool_mode=transaction\n"
        "default_pool_size=2\nignore_startup_parameters=extra_float_digits\n"
    )
    services._give_to_nobody(folder)
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
    server = subprocess.Popen([program, "-q", *as_nobody, folder / "ini"])
    eventually(lambda: services._listens("127.0.0.1", port))
    yield port
    server.terminate()
    server.wait()
    shutil.rmtree(folder)


def test_a_session_for_each_transaction_is_enough(bouncer, fast, tally):
    assert fast("run_scheduler", "--once").wait() == 0
    havoc = Havoc(
        lambda: fast("run_scheduler", HOST="127.0.0.1", PORT=str(bouncer)), number=PROCESSES
    )
    havoc.begin()
    havoc.wreak(havoc.kill, times=KILLS, pause=(0.0, 0.4), progress=Job.objects.count)
    havoc.end()
    assert fast("run_scheduler", "--once").wait() == 0

    books = audit()
    tally.due(SCENARIO, f"{havoc.kills} kills behind two shared sessions", books)
    assert Schedule.objects.exclude(error="").count() == 0
    assert_balanced(books)


def test_two_steps_behind_it_are_found_out(bouncer, fast, tally):
    assert fast("run_scheduler", "--once").wait() == 0
    havoc = Havoc(
        lambda: fast("run_two_steps", HOST="127.0.0.1", PORT=str(bouncer)), number=PROCESSES
    )
    havoc.begin()
    eventually(lambda: audit().duplicate)
    for process in havoc.processes:
        process.end()

    books = audit()
    tally.control(SCENARIO, f"{len(books.duplicate)} surplus of {books.due} due in two steps")
    with pytest.raises(AssertionError):
        assert_balanced(books)
