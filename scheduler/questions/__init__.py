"""
What people ask of the scheduler, answered from rows, and nothing written.

``timeline``   every due time that there was, from the versions of a definition
``explain/``   what becomes of a due time, and what became of it, and why
``deploy/``    what a deploy of this code would change
``health/``    are schedules and schedulers well
``elsewhere``  what becomes of jobs that are not beside the ledger
``jobs``       whose a job is
``audit/``     is the ledger complete: each due time covered once, each job in its place
"""
