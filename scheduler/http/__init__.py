"""
Schedules over HTTP: ``path("api/schedules/", include("scheduler.http.urls"))``.

- urls: where what is. views: what is asked, and what operators do. ledger: the history.
- runs: a job now, with arguments that fit its task.
- shapes: what goes in and out.

Who comes in, refusals and the document are those of ``tasks_core.http``, which must be installed.
"""
