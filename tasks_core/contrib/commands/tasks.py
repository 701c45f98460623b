"""``run_command``: a management command as a job, if the COMMANDS setting names it."""

from django.core.management import CommandError, call_command

from tasks_core.contrib.commands.named import why_not
from tasks_core.contrib.commands.tail import Tail
from tasks_core.decorators import task
from tasks_core.exceptions import InvalidCall
from tasks_core.outcomes import storable

MOST = 10_000  # characters of what it printed that are kept: the end of it
# No command says a lower status. What does ends the process that runs the job, such as the pool of
# a Celery worker over a time limit, and is to reach it.
LEAST_STATUS = -128


@task(max_attempts=1)
def run_command(name: str, *words: str) -> str:
    """
    Run a management command as a shell would, and return the end of what it printed.

    Only those that ``TASKS_CORE["COMMANDS"]`` names: whoever may write a schedule or a job may
    name any command and any words, and some of them empty the database or run what they are
    given. A command that fails, or exits with another status than 0, raises CommandError, and its
    job fails: as under cron it is not run again, for it may send mail or bill somebody, unless a
    call or a schedule says max_attempts.
    Raises InvalidCall for a command that the setting does not name.
    """
    if why := why_not(name):
        raise InvalidCall(why)
    printed = Tail(MOST)
    try:
        call_command(name, *words, stdout=printed, stderr=printed)
    except SystemExit as end:
        _refuse_failure(name, end)
    return storable(printed.text, MOST)


def _refuse_failure(name: str, end: SystemExit) -> None:
    """Raise what a command's exit means, unless that is success."""
    match end.code:
        case None | 0:
            return
        case int(status) if status < LEAST_STATUS:
            raise end
        case int(status):
            raise CommandError(f"{name} exited with status {status}.", returncode=status) from end
    raise CommandError(f"{name} exited: {end.code}") from end  # as Python prints it, with status 1
