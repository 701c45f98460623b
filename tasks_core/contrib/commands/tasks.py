"""``run_command``: a management command as a job, if the COMMANDS setting names it."""

from django.core.management import call_command

from tasks_core import conf
from tasks_core.contrib.commands.tail import Tail
from tasks_core.decorators import task
from tasks_core.exceptions import InvalidCall

MOST = 10_000  # characters of what it printed that are kept: the end of it


@task(max_attempts=1)
def run_command(name: str, *words: str) -> str:
    """
    Run a management command as a shell would, and return the end of what it printed.

    Only those that ``TASKS_CORE["COMMANDS"]`` names: whoever may write a schedule or a job may
    name any command and any words, and some of them empty the database or run what they are
    given. A command that fails raises CommandError, and its job fails: as under cron it is not run
    again, for it may send mail or bill somebody, unless a call or a schedule says max_attempts.
    Raises InvalidCall for a command that the setting does not name.
    """
    if name not in conf.get("COMMANDS"):
        raise InvalidCall(
            f"{name!r:.80} is none of the management commands that may run as jobs. "
            'Add it to TASKS_CORE["COMMANDS"].'
        )
    printed = Tail(MOST)
    call_command(name, *words, stdout=printed, stderr=printed)
    return printed.text
