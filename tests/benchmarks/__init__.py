"""
What this product is measured with: ``make bench``, or ``python -m tests.benchmarks --help``.

plan        which product is measured how, and in what order
measures/   the measurements
peers/      the products, each in an environment of its own
runner      takes the measurements and keeps them as lines of JSON
targets     what must come out; report, publish and picture show it
adapter/    ourselves for another harness
"""
