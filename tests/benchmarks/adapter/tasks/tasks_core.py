"""The no-op of the harness as a task of ours."""

from harness.sink import hit

from tasks_core import task


@task()
def noop(i):
    hit(i)
