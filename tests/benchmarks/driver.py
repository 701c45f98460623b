"""
One measurement of one product, in the environment of that product.

    python -m tests.benchmarks.driver drain '{"jobs": 1000, "seconds": 10}' result.json
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from pathlib import Path

from tests.benchmarks import stage
from tests.benchmarks.measures import measure_named
from tests.benchmarks.peers import peer_named
from tests.benchmarks.sink import Sink


def main(measure: str, options: str, result: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the workers are ended on the way
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.settings"
    os.environ["BENCH_SINK"] = str(stage.sink())
    peer, sink = peer_named(stage.PEER), Sink(stage.sink())
    sink.clear()
    try:
        peer.prepare()
        if peer.is_django:
            import django

            django.setup()
        found = measure_named(measure)(peer, sink, **json.loads(options))
    except Exception as error:  # noqa: BLE001 - one product's failure is a line of the report
        traceback.print_exc()
        found = {"error": repr(error)[:300]}
    Path(result).write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
