"""
Schedules of other packages as ours: read, translated, and compared for a year. No SQL but theirs.

``readings``    what a source reads: a schedule that may be ours, or why it cannot be
``origin``      where to read: the object that was named, a file, a zone, names that changed
``sources``     which sources there are

One file for each source, which says what it reads:
``celery``  ``django_celery_beat``  ``huey``
``crontab`` (and its ``crontab_shell`` -> ``crontab_prefixes`` -> ``crontab_commands``, of which
some are ``crontab_permitted``)
``apscheduler`` (and its ``cron_trigger``, ``apscheduler_asked``)
``django_background_tasks`` (and its ``background_rows``)

``fields``      numbers that must all match -> a trigger; ``seconds``: the same with seconds
``priorities``  other scales of priorities
``runs``        what else a run does there: attempts, and the next one meanwhile
``comparing``   their due times and ours, for a year; ``explaining``: the differences as sentences
``reviewing``   as entries, and what would refuse them; ``writing``: as Python that can be pasted
``jobs``        calls that wait to run once
``report``      all of it for a person; ``report_data``: for a script
"""
