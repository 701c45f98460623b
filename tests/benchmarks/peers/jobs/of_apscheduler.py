import logging
import sys

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger

from tests.benchmarks import stage

BEST = {"misfire_grace_time": None, "coalesce": True, "max_instances": 10}


def built(kind):
    url = stage.dsn().replace("postgresql:", "postgresql+psycopg:")
    options = BEST if stage.PROFILE == "best" else {}
    return kind(
        jobstores={"default": SQLAlchemyJobStore(url=url)}, job_defaults=options, timezone="UTC"
    )


def define():
    scheduler = built(BackgroundScheduler)
    scheduler.start(paused=True)
    for number, line in stage.cron_lines():
        trigger = CronTrigger.from_crontab(line, "UTC")
        body = "tests.benchmarks.peers.jobs.plain:noop"
        scheduler.add_job(body, trigger, args=(number,), id=f"tick{number}")
    scheduler.shutdown(wait=False)


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    if sys.argv[1] == "define":
        define()
    else:
        built(BlockingScheduler).start()
