"""Redis servers that are more than one: a cluster, and a master whom sentinels watch."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests import services
from tests.tasks_core.races import eventually

SLOTS = 16384
NAME = "watched"  # the sentinels' word for the master and its replicas


@contextmanager
def server(folder: Path, *options: str) -> Iterator[int]:
    """Run a Valkey with these options; yield its port."""
    port = services.free_port()
    home = folder / str(port)
    home.mkdir()
    process = services.valkey_at(port, "--dir", str(home), "--save", "", *options)
    try:
        yield port
    finally:
        process.kill()
        process.communicate()


@contextmanager
def node(folder: Path) -> Iterator[tuple[int, int]]:
    """Run a server that may be in a cluster; yield its port, and that for the other nodes."""
    # By itself it takes its port and 10,000, which the kernel may have lent to somebody.
    bus = services.free_port()
    with server(folder, "--cluster-enabled", "yes", "--cluster-port", str(bus)) as port:
        yield port, bus


@contextmanager
def asked(port: int) -> Iterator[redis.Redis]:
    """Yield a client of the server there: one that gives up at once, and leaves no connection."""
    with redis.Redis(port=port, socket_timeout=5, retry=Retry(NoBackoff(), 0)) as client:
        yield client


@contextmanager
def cluster(folder: Path, nodes: int = 3) -> Iterator[list[int]]:
    """Run a cluster without replicas, all of its slots shared out; yield the ports."""
    with ExitStack() as stack:
        ports = [stack.enter_context(node(folder)) for _ in range(nodes)]
        clients = [stack.enter_context(asked(port)) for port, _ in ports]
        for number, client in enumerate(clients):
            first, last = SLOTS * number // nodes, SLOTS * (number + 1) // nodes - 1
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
            for port, bus in ports:
                client.execute_command("CLUSTER", "MEET", "127.0.0.1", port, bus)
        eventually(lambda: all(_is_whole(client, nodes) for client in clients))
        yield [port for port, _ in ports]


@contextmanager
def watched(folder: Path) -> Iterator[tuple[int, int, int]]:
    """Run a master, a replica and a sentinel; yield their ports, in this order."""
    with ExitStack() as stack:
        master = stack.enter_context(server(folder))
        replica = stack.enter_context(server(folder, "--replicaof", f"127.0.0.1 {master}"))
        port = services.free_port()
        settings = folder / "sentinel.conf"
        settings.write_text(
            f"port {port}\nbind 127.0.0.1\n"
            f"sentinel monitor {NAME} 127.0.0.1 {master} 1\n"
            f"sentinel down-after-milliseconds {NAME} 500\n"
            f"sentinel failover-timeout {NAME} 2000\n"
        )
        stack.enter_context(_sentinel(settings, port))
        watcher = stack.enter_context(asked(port))
        eventually(lambda: int(watcher.sentinel_master(NAME)["num-slaves"]) == 1)
        link = stack.enter_context(asked(replica))
        eventually(lambda: link.info("replication")["master_link_status"] == "up")
        yield master, replica, port


@contextmanager
def _sentinel(settings: Path, port: int) -> Iterator[None]:
    process = subprocess.Popen(
        [services.valkey(), settings, "--sentinel"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: _answers(port))
        yield
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    try:
        with asked(port) as client:
            return bool(client.ping())
    except redis.exceptions.ConnectionError:
        return False


def _is_whole(client: redis.Redis, nodes: int) -> bool:
    told = client.execute_command("CLUSTER", "INFO")
    text = told.decode() if isinstance(told, bytes) else str(told)
    return "cluster_state:ok" in text and f"cluster_known_nodes:{nodes}" in text
