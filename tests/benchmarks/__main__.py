"""
Measure this product beside others, and say which of its targets it meets.

    make bench                                              everything, three rounds: 80 minutes
    make bench ARGS="--idle-transaction 300"                the long form
    make bench ARGS="--quick"                               about seven minutes, one round
    make bench ARGS="--only drain,pickup --peers procrastinate"
    make bench ARGS="--only schedules"                      the scheduler; "queue" is all the rest
    make bench ARGS="--report .bench/results/last.jsonl"    the tables again, nothing measured
    make bench ARGS="--publish .bench/results/last.jsonl"   into docs/explanation/performance.md

Products take turns within a round (A B C, A B C), so that what disturbs the machine disturbs all.
"""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path

from tests.benchmarks import report
from tests.benchmarks.plan import GROUPS, PLAN
from tests.benchmarks.results import Results

OPEN_TRANSACTION, IN_QUICK_RUN = 20, 5  # seconds
SLOW = "due"  # waits for minutes that it shares with the clock


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the servers are ended at exit
    options = arguments()
    if options.publish:
        from tests.benchmarks.publish import publish

        publish(options.publish)
        return
    if not options.report:
        from tests.benchmarks.runner import run

        options.report = run(options)
    sys.stdout.write(report.text(Results.read(options.report)))


def arguments() -> Namespace:
    parser = ArgumentParser(
        prog="make bench", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="little of everything, for a look")
    names = ", ".join([*GROUPS, *PLAN])
    parser.add_argument("--only", type=_names, help=f"{names}; of a quick run all but {SLOW}")
    parser.add_argument("--peers", type=_names, help="these beside us; default: all")
    parser.add_argument("--stores", type=_names, help="of postgres, sqlite, redis; default: all")
    rounds = "default: 3, of claims and schedules 1; of a quick run: 1"
    parser.add_argument("--rounds", type=int, help=rounds)
    parser.add_argument(
        "--idle-transaction",
        type=float,
        metavar="SECONDS",
        help="how long it stays open while jobs are claimed; long form: 300; "
        f"default: {OPEN_TRANSACTION}, of a quick run {IN_QUICK_RUN}",
    )
    parser.add_argument("--report", type=Path, metavar="FILE", help="only the tables of a run")
    parser.add_argument("--publish", type=Path, metavar="FILE", help="only the page of a run")
    options = parser.parse_args()
    asked = options.only or [name for name in PLAN if not (options.quick and name == SLOW)]
    options.only = [each for name in asked for each in GROUPS.get(name, [name])]
    if options.idle_transaction is None:
        options.idle_transaction = IN_QUICK_RUN if options.quick else OPEN_TRANSACTION
    if unknown := set(options.only) - set(PLAN):
        parser.error(f"--only: {', '.join(sorted(unknown))} is none of {names}")
    return options


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


if __name__ == "__main__":
    main()
