"""Tasks outside ``tasks.py``, which no worker imports at its start."""

from tasks_core import JobContext, task


@task(takes_context=True, queue="tea")
def brew(context: JobContext, name: str) -> str:
    return f"{name}, attempt {context.attempt}"


@task(timeout=5)
def steep() -> None:
    """Asks for what no backend enforces yet."""
