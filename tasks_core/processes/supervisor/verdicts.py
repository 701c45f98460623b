"""Whether a child must be killed, and why. Looks and says; does nothing."""

from .child import Child
from .plan import Plan

STARTUP = 120.0  # seconds from the start of a process to its first sign of life
MARGIN = 5.0  # a graceful end may take this much longer than the grace of its jobs
LEAK = 1.5  # times the memory at which it should have left by itself


def verdict(child: Child, plan: Plan, *, now: float) -> str | None:
    """Return why ``child`` must be killed now, or None."""
    notes = child.notes
    if notes.beat == 0:
        late = now - child.born > STARTUP
        return f"no sign of life {STARTUP:.0f} s after its start" if late else None
    if child.silent > plan.hung_after:
        # Stopped by a signal, or something that holds the interpreter's lock; its stacks tell.
        return f"silent for {child.silent:.1f} s, stopped or stuck in C code"
    if child.leaving_since is not None and now - child.leaving_since > plan.grace + MARGIN:
        return f"still there {now - child.leaving_since:.0f} s after it was to leave"
    return _overrun(child, plan, now=now)


def _overrun(child: Child, plan: Plan, *, now: float) -> str | None:
    for job in child.notes.started:
        if not job.deadline:
            continue
        late = now - job.deadline
        # Not told: nothing runs there that could tell. Told, and no leaving seen: the same.
        limit = plan.tell_grace * (2 if job.told else 1) + 1.0
        if late > limit and (not job.told or child.leaving_since is None):
            return f"job {job.job_id} is {late:.1f} s over its timeout and cannot be told"
    return None


def leaks(used: int, plan: Plan) -> str | None:
    """Return why a child that uses so many bytes must be killed now, or None."""
    if plan.max_memory is None or used <= plan.max_memory * LEAK:
        return None
    return f"{used >> 20} MiB of memory, where {plan.max_memory >> 20} were allowed"
