from celery import Celery

from tests.benchmarks import stage
from tests.benchmarks.sink import hit

app = Celery("bench", broker=stage.REDIS_URL)
app.conf.timezone = "UTC"
app.conf.broker_connection_retry_on_startup = True
if stage.PROFILE == "best":
    app.conf.task_ignore_result = True
    app.conf.worker_disable_rate_limits = True


@app.task(name="noop")
def noop(number):
    hit(number)
