"""What is running, for who asks with USR1."""

from .child import Child
from .records import Started

STATES = ("starting", "serving", "leaving")


def describe(child: Child, *, now: float) -> list[str]:
    """Return a line for the child and one for each job that it runs."""
    notes = child.notes
    state = "leaving" if child.leaving_since is not None else STATES[notes.state]
    age, silent = now - child.born, now - (notes.beat or child.born)
    head = (
        f"worker process {child.pid} in place {child.place}: {state}, {age:.0f} s old, "
        f"{child.memory() >> 20} MiB, last beat {silent:.1f} s ago, "
        f"{counted(len(notes.started), 'job')} running"
    )
    return [head, *(describe_job(job, now=now) for job in notes.started)]


def describe_end(child: Child, *, delay: float | None) -> str:
    """Return how the child ended, with what, and when another takes its place."""
    started = len(child.notes.started)
    jobs = f" while it ran {counted(started, 'job')}" if started else ""
    words = f"worker process {child.pid} {child.fate}{jobs}"
    if delay is None:
        return words
    return f"{words}; its place is filled {f'in {delay:.0f} s' if delay >= 1 else 'at once'}"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def describe_job(job: Started, *, now: float) -> str:
    line = f"  job {job.job_id} has run for {now - job.started:.1f} s: {job.task}"
    if job.deadline:
        line += f", its timeout is in {job.deadline - now:.1f} s"
    if job.reason:
        line += f", was told to stop ({job.reason})"
    return line
