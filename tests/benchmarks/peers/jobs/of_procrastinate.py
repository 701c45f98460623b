from procrastinate.contrib.django import app

from tests.benchmarks.sink import hit


@app.task(name="noop")
def noop(number):
    hit(number)


@app.task(name="anoop")
async def anoop(number):
    hit(number)
