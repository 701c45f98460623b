"""
Jobs over HTTP: ``path("api/jobs/", include("tasks_core.http.urls"))``.

An app of its own, for the table of keys that must not be answered twice; it needs the extra
``http``. What it is made of serves the schedules of the companion as well:

- urls: where what is; mounting: how. views: jobs; finding: which of them a caller may see;
  cursors: page by page. document: OpenAPI.
- door: who comes in, how often, and what is read of the request. tokens: those of django-rest-knox.
- operations: what a view takes and answers, said once for checking and for the document.
- shapes: what goes in and out, as values. problems: refusals, each with its cure.
- signatures: what a task takes, as a shape. keys: Idempotency-Key.
- models, migrations, apps, checks: what Django wants of an app.
"""
