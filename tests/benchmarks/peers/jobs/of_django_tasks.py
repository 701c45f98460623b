try:
    from django.tasks import task
except ImportError:  # Django 5.2
    from django_tasks import task

from tests.benchmarks.sink import hit


@task()
def noop(number):
    hit(number)
