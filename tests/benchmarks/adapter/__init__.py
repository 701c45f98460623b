"""
Ourselves for the outside harness that compares many queues.

Copy the two files into it, install this project into its environment "main", and add
``("tasks_core", "pg")`` and ``("tasks_core", "sqlite")`` to QUEUES in its run.py, and
``("tasks_core", "pg", "default")`` and ``("tasks_core", "pg", "best")`` to SCHEDULERS:

    cp tests/benchmarks/adapter/tasks_core.py        HARNESS/adapters/tasks_core.py
    cp tests/benchmarks/adapter/tasks/tasks_core.py  HARNESS/adapters/tasks/tasks_core.py
    "$BENCH_HOME"/venv/main/bin/pip install -e .
    HARNESS/run1.sh main tasks_core pg default m2 workers=1
    HARNESS/run1.sh main tasks_core pg best m5 n=10000
    BENCH_SCHEDULERS=2 HARNESS/run1.sh main tasks_core pg best m5 n=100000 extra_lead=60
"""
