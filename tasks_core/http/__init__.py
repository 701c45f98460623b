"""
Jobs over HTTP: ``path("api/jobs/", include("tasks_core.http.urls"))``.

An app of its own, for the table of keys that must not be answered twice; it needs the extra
``http``. What it is made of serves the schedules of the companion as well:

- urls: where what is; mounting: how. views: jobs; finding: which of them a caller may see;
  creators: who asked for them; cursors: page by page. document: OpenAPI.
- door: who comes in; rates: how often. tokens: those of django-rest-knox. reading: what is read of
  a request.
- operations: what a view takes and answers, said once for checking and for the document.
- shapes: what goes in and out, as values; kinds: what their fields hold. problems: refusals;
  wrongs: the fields of one, each with its cure.
- annotations, closing, signatures: what a task takes, as a shape. arguments: what is said of it;
  binding: by place and by name. calling: a task, once. keys: Idempotency-Key.
- models, migrations, apps, checks: what Django wants of an app.
"""
