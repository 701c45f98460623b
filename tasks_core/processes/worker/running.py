"""What runs in this process and where, for who asks with USR1 when there is no supervisor."""

from tasks_core import clock
from tasks_core.processes.supervisor.output import say
from tasks_core.processes.supervisor.records import NOT_TOLD, NUMBERS, Started
from tasks_core.processes.supervisor.report import describe_job
from tasks_core.processes.worker.executions import TOLD, Execution
from tasks_core.processes.worker.slots import Slots


def show_running(slots: Slots) -> None:
    """Write a line and a stack for each job that runs here to stderr."""
    running = list(slots.running.values())
    say(f"{len(running)} jobs running, {slots.waiting} claimed and waiting")
    for execution in running:
        job = _as_noted(execution)
        say(f"{describe_job(job, now=clock.monotonic())}\n{execution.where().rstrip()}")


def _as_noted(execution: Execution) -> Started:
    attempt, told = execution.attempt, execution.told
    return Started(
        job_id=attempt.job_id,
        fence=attempt.fence,
        started=clock.monotonic() - attempt.watch.seconds,
        deadline=attempt.deadline,
        told=NOT_TOLD if told is None else NUMBERS[TOLD[told]],
        task=attempt.task,
    )
