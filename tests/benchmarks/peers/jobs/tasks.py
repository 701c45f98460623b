from tasks_core import task
from tests.benchmarks.sink import hit


@task()
def noop(number):
    hit(number)
