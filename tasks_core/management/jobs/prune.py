"""``prune``: remove what ended long ago, batch by batch."""

from argparse import Namespace
from typing import Any

from tasks_core.management.arguments import age, verb_parser
from tasks_core.management.jobs.bar import bar
from tasks_core.management.jobs.desk import Desk
from tasks_core.states import FINAL, JobState

EXAMPLES = """
Workers do this by themselves, by RETAIN_SUCCESSFUL, RETAIN_FAILED and RETAIN_CANCELLED.

examples:
  jobs prune                                     what the retention no longer keeps
  jobs prune --older-than 7d --state successful
"""


def add_to(verbs: Any) -> None:
    words = "remove old jobs that have ended, batch by batch"
    parser = verb_parser(verbs, "prune", words, do=prune, examples=EXAMPLES)
    parser.add_argument(
        "--state", choices=sorted(state.value for state in FINAL), help="default: all final states"
    )
    parser.add_argument("--older-than", type=age, help="7d, 12h, 30m; default: the retention")


def prune(desk: Desk, options: Namespace) -> int:
    states = [JobState(options.state)] if options.state else sorted(FINAL)
    removed = 0
    with bar("prune", total=None, screen=desk.err) as advance:
        for state in states:
            for count in desk.backend.prune(JobState(state), older_than=options.older_than):
                removed += count
                advance(count)
    desk.say({"removed": removed}, f"{removed} jobs removed.")
    return 0
