"""``move``: waiting jobs of one backend become jobs of another, while workers go on."""

from argparse import Namespace
from typing import Any

from django.core.management.base import CommandError

from tasks_core import job_backends, moves
from tasks_core.backends.served import ServedBackend
from tasks_core.backends.served.questions import Wanted
from tasks_core.conf import DEFAULT_ALIAS
from tasks_core.exceptions import InvalidJobBackend, JobError
from tasks_core.management.arguments import verb_parser
from tasks_core.management.jobs.bar import bar
from tasks_core.management.jobs.desk import Desk
from tasks_core.states import WAITING, JobState
from tasks_core.words import counted

EXAMPLES = """
Ids, keys, priorities, times, attempts so far, labels and contexts stay. Running jobs end where
they are. It may be interrupted: repeat it, and it goes on where it stopped. Workers of both
backends may run meanwhile; first let new jobs go to the new one.

examples:
  jobs move --from default --to redis --dry-run
  jobs move --from default --to redis
  jobs move --from redis --to default --queue mail --state scheduled

Exit codes: 0 done, 1 some jobs had to stay, 2 wrong arguments.
"""


def add_to(verbs: Any) -> None:
    words = "give the waiting jobs of one backend to another"
    parser = verb_parser(verbs, "move", words, do=move, examples=EXAMPLES, of_backend=False)
    parser.add_argument("--from", dest="backend", default=DEFAULT_ALIAS, metavar="ALIAS")
    parser.add_argument("--to", required=True, metavar="ALIAS")
    parser.add_argument("--state", choices=[state.value for state in WAITING])
    parser.add_argument("--queue")
    parser.add_argument("--task", help="dotted name")
    parser.add_argument("--dry-run", action="store_true", help="only say how many there are")


def move(desk: Desk, options: Namespace) -> int:
    source, target = desk.backend, _target(options.to)
    if told := moves.refusal(source, target):
        raise CommandError(told, returncode=2)
    if isinstance(target, ServedBackend):
        target.now()  # one that is away is found out before anything is out of reach
    states = [JobState(options.state)] if options.state else WAITING
    chosen = {"queue": options.queue or "", "task": options.task or ""}
    ids = moves.waiting(source, Wanted(states=states, **chosen))
    running = len(moves.waiting(source, Wanted(states=[JobState.RUNNING], **chosen)))
    stay = f"; {counted(running, 'running job')} would stay" if running else ""
    if options.dry_run:
        told = f"{counted(len(ids), 'waiting job')} would move to {options.to}{stay}."
        desk.say({"move": len(ids), "running": running}, told)
        return 0
    with bar("move", total=len(ids), screen=desk.err) as advance:
        try:
            done = moves.carry(source, target, ids, advance=advance)
        except JobError as error:
            raise CommandError(str(error)) from error
    return _tell(desk, options, done, running=running)


def _target(alias: str) -> Any:
    try:
        return job_backends[alias]
    except InvalidJobBackend as error:
        raise CommandError(str(error), returncode=2) from error


def _tell(desk: Desk, options: Namespace, done: moves.Moved, *, running: int) -> int:
    lines = [f"{counted(done.moved, 'job')} moved from {desk.backend.alias} to {options.to}."]
    if done.resumed:
        lines.append(f"{counted(done.resumed, 'job')} of them were left by a move that was ended.")
    if done.held:
        lines.append(f"{counted(len(done.held), 'job')} came to nothing: another has their key.")
    if running:
        lines.append(f"{counted(running, 'job')} ran, and end where they are.")
    lines += [f"{counted(count, 'job')} stayed: {why}" for why, count in done.left.items()]
    told = {"moved": done.moved, "resumed": done.resumed, "held": done.held}
    desk.say({**told, "running": running, "left": dict(done.left)}, "\n".join(lines))
    return 1 if done.left else 0
