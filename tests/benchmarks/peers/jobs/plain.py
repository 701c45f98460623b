from tests.benchmarks.sink import hit


def noop(number):
    hit(number)
