"""The limit on Redis: one LPUSH by redis-py of a text as long as what we keep of a call."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from tests.benchmarks import stage
from tests.benchmarks.peers.base import Peer as Base

TEXT = "x" * 150


class Peer(Base):
    is_django = False
    has_many = True

    @cached_property
    def client(self) -> Any:
        import redis

        return redis.Redis.from_url(stage.REDIS_URL)

    def enqueue(self, number: int) -> None:
        self.client.lpush("raw", TEXT)

    def enqueue_many(self, numbers: range) -> None:
        pipeline = self.client.pipeline(transaction=False)
        for _ in numbers:
            pipeline.lpush("raw", TEXT)
        pipeline.execute()
