"""The products that are compared, one module each, all with the same few methods."""

from importlib import import_module

from tests.benchmarks.peers.base import Peer


def peer_named(name: str) -> Peer:
    """Return the product of this name, for the store and the profile of the stage."""
    peer: Peer = import_module(f"tests.benchmarks.peers.{name}").Peer()
    return peer
