"""What the server says of itself, and what of that would lose jobs or keep them from running."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tasks_core.backends.redis.server import Server
from tasks_core.backends.redis.wire import Refused

LEAST = (6, 2)  # the oldest that is still cared for; BLPOP takes parts of a second since 6.0
PERSIST = "In its redis.conf: appendonly yes, appendfsync everysec."
NO_EVICTION = "In its redis.conf: maxmemory-policy noeviction. At once: CONFIG SET does the same."
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What INFO and CONFIG said; ``refused`` names the commands that this user may not send."""

    info: dict[str, str] = field(default_factory=dict)
    config: dict[str, str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    is_one_node: bool = True  # asked by its URL, and not through a client that knows a cluster

    @property
    def version(self) -> tuple[int, ...]:
        """Return the version of Redis whose commands it knows, also of Valkey; () if unknown."""
        return tuple(map(int, _NUMBER.findall(self.info.get("redis_version", ""))))

    @property
    def policy(self) -> str:
        found = self.info.get("maxmemory_policy") or self.config.get("maxmemory-policy", "")
        return found or "noeviction"

    @property
    def is_persistent(self) -> bool | None:
        """Say whether each write goes to a file of its own; None if nobody may know."""
        found = self.info.get("aof_enabled") or self.config.get("appendonly")
        return None if found is None else found in {"1", "yes"}


class Complaint(NamedTuple):
    """One thing that is wrong: the id of its check, which tells its level, and the cure."""

    check_id: str
    text: str
    cure: str


def ask(server: Server) -> Facts:
    """Ask the server about itself. Raises what redis-py raises when it is away."""
    server.now()  # who is refused even this has no server: no such database, no such user
    refused: list[str] = []
    info: dict[str, str] = {}
    config: dict[str, str] = {}
    try:
        lines = server.ask("INFO").decode(errors="replace").splitlines()
        info = dict(line.split(":", 1) for line in lines if ":" in line)
    except Refused:
        refused.append("INFO")
    try:
        for name in ("appendonly", "save", "maxmemory-policy"):
            config |= _pairs(server.ask("CONFIG", "GET", name))
    except Refused:
        refused.append("CONFIG")
    is_one_node = not hasattr(server.client, "get_node_from_key")
    return Facts(info=info, config=config, refused=tuple(refused), is_one_node=is_one_node)


def _pairs(reply: Any) -> dict[str, str]:
    """Return names and values, which the protocol of before 2018 tells one after the other."""
    pairs = reply.items() if isinstance(reply, dict) else zip(reply[::2], reply[1::2], strict=True)
    return {name.decode(): value.decode() for name, value in pairs}


def complaints(facts: Facts) -> Iterator[Complaint]:
    """Yield what is wrong, the worst first; of what nobody may ask nothing is said."""
    if facts.version and facts.version < LEAST:
        told = facts.info["redis_version"]
        cure = "Redis 6.2 or later, or any Valkey."
        yield Complaint(
            "tasks_core.E033", f"the server is of version {told}, which is too old", cure
        )
    if facts.info.get("role", "master") != "master":
        text = "the server is a replica, to which nothing can be written"
        cure = "Name the master in the URL; with Sentinel, let OPTIONS['client'] ask for it."
        yield Complaint("tasks_core.E035", text, cure)
    if facts.policy != "noeviction":
        text = (
            f"the server throws jobs away when its memory is full: maxmemory-policy {facts.policy}"
        )
        yield Complaint("tasks_core.E034", text, NO_EVICTION)
    if facts.is_persistent is False:
        yield Complaint("tasks_core.W030", _lost(facts), PERSIST)
    if facts.info.get("cluster_enabled") == "1" and facts.is_one_node:
        text = "the server is a node of a cluster, and the URL names only this one"
        cure = "Let OPTIONS['client'] return a redis.RedisCluster: see docs/howto/redis."
        yield Complaint("tasks_core.W032", text, cure)


def _lost(facts: Facts) -> str:
    save = facts.config.get("save")
    if save == "":
        return "the server writes nothing to disk: a restart loses every job"
    since = "since its last snapshot"
    known = "" if save else ", if it takes any"
    return f"the server does not write each change to disk: a crash loses all {since}{known}"


def unasked(facts: Facts) -> str:
    """Return in a sentence what could not be asked, or nothing."""
    if not facts.refused:
        return ""
    known = "" if "INFO" in facts.refused else "; what INFO says was looked at"
    commands = " and ".join(facts.refused)
    return f"the server does not let us send {commands}, so not all of it was checked{known}"
