from procrastinate.contrib.django import app

from tests.benchmarks import stage
from tests.benchmarks.sink import hit


@app.task(name="noop")
def noop(number):
    hit(number)


@app.task(name="anoop")
async def anoop(number):
    hit(number)


@app.task(name="tick")
def tick(timestamp, number):
    hit(number)


for _number, _line in stage.cron_lines():
    app.periodic(cron=_line, periodic_id=str(_number), task_kwargs={"number": _number})(tick)
