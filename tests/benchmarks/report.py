"""The tables of a run, in Markdown: for the terminal and for the documentation alike."""

from __future__ import annotations

from collections.abc import Iterable

from tests.benchmarks.measures import ORDER
from tests.benchmarks.results import Line, Results, middle, values
from tests.benchmarks.targets import TARGETS, judge

Column = tuple[str, str, str]  # heading, path, format
RATE, MS, PLAIN, THREE = "{:,.0f}", "{:,.1f}", "{:,.2f}", "{:,.3f}"
COLUMNS: dict[str, tuple[str, list[Column]]] = {
    "enqueue": (
        "Enqueue, calls a second from one process",
        [("singly", "single", RATE), ("1000 at once", "many", RATE)],
    ),
    "drain": (
        "Drain, jobs a second",
        [
            ("jobs/s", "rate", RATE),
            ("worker CPU, ms a job", "cpu_ms_per_job", PLAIN),
            ("tail, s", "tail_s", PLAIN),
            ("child, MiB", "children_mib", RATE),
            ("supervisor, MiB", "supervisor_mib", RATE),
            ("group", "group", RATE),
        ],
    ),
    "pickup": (
        "Pick-up, ms from the return of the call to the start of the job",
        [("p50", "p50", MS), ("p95", "p95", MS), ("p99", "p99", MS), ("max", "max", MS)],
    ),
    "deferred": (
        "Deferred jobs, ms from the due time to the start",
        [("p50", "p50", MS), ("p95", "p95", MS), ("p99", "p99", MS), ("early", "early", RATE)],
    ),
    "idle": (
        "An idle worker",
        [
            ("CPU, % of a core", "cpu_percent", PLAIN),
            ("queries/s", "queries", PLAIN),
            ("processes", "processes", RATE),
            ("largest process, MiB", "children_mib", RATE),
        ],
    ),
    "cold": ("Cold start, s from exec to the start of a job", [("s", "seconds", PLAIN)]),
    "claim": (
        "A claim of ten jobs, ms",
        [
            ("p50", "p50", PLAIN),
            ("p95", "p95", PLAIN),
            ("p99", "p99", PLAIN),
            ("finished jobs", "finished", RATE),
            ("p95 beside an old transaction", "beside_transaction.p95", PLAIN),
        ],
    ),
    "due": (
        "Due at one minute, s from it until the last job is stored",
        [
            ("all", "all.last_s", PLAIN),
            ("jobs stored", "all.stored", RATE),
            ("of schedules", "schedules", RATE),
            ("1,000 of them", "some.last_s", THREE),
            ("100 of them", "few.last_s", THREE),
            ("CPU, s", "all.cpu_s", PLAIN),
            ("CPU of the server, s", "all.server_cpu_s", PLAIN),
            ("start-up, s", "startup_s", PLAIN),
            ("most memory (RSS), MiB", "peak_rss_mib", RATE),
        ],
    ),
    "punctual": (
        "One schedule, ms from its due time until the job is stored, and until it begins",
        [
            ("p50", "p50", MS),
            ("p95", "p95", MS),
            ("p99", "p99", MS),
            ("max", "max", MS),
            ("begins, p50", "begin.p50", MS),
            ("begins, p99", "begin.p99", MS),
            ("lost", "lost", RATE),
        ],
    ),
    "waiting": (
        "A scheduler with nothing to do",
        [
            ("CPU, % of a core", "cpu_percent", PLAIN),
            ("queries/s", "queries", PLAIN),
            ("schedules", "schedules", RATE),
            ("start-up, s", "startup_s", PLAIN),
            ("most memory (RSS), MiB", "peak_rss_mib", RATE),
        ],
    ),
    "sync": (
        "Start-up with declarations that the database knows already",
        [
            ("sync, s", "seconds", PLAIN),
            ("queries", "queries", RATE),
            ("writes", "writes", RATE),
            ("schedules", "schedules", RATE),
            ("start-up, s", "startup_s", PLAIN),
            ("most memory (RSS), MiB", "peak_rss_mib", RATE),
            ("created in, s", "created_s", PLAIN),
        ],
    ),
}
NOISY = 0.3  # cores kept busy by others


def text(results: Results) -> str:
    """Return everything: what was run, the targets, and a table for each measurement."""
    parts = [setting(results), targets(results)]
    parts += [f"### {COLUMNS[name][0]}\n\n{table(name, results)}" for name in measured(results)]
    return "\n\n".join(parts) + "\n"


def measured(results: Results) -> list[str]:
    return [name for name in ORDER if any(results.groups(name))]


def setting(results: Results) -> str:
    about, machine = results.about, results.about.get("machine", {})
    versions = {
        "Python": about.get("python"),
        "Django": about.get("django"),
        "psycopg": about.get("psycopg"),
        "PostgreSQL": about.get("postgres"),
        **about.get("versions", {}),
    }
    lines = [
        f"Measured {about.get('at', '?')[:10]} at commit {about.get('commit', '?')} with "
        f"`{about.get('command', '?')}`: {machine.get('cores', '?')} cores "
        f"({machine.get('cpu', '?')}), {machine.get('memory_gib', '?')} GiB, a flush to the disk "
        f"{machine.get('fdatasync_ms', '?')} ms; "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + "."
    ]
    noise = [line["others"] for line in results.lines if line.get("others") is not None]
    if noise and (middle(noise) or 0) > NOISY:
        lines.append(
            f"The machine was not quiet: others kept {middle(noise):.1f} cores busy in the median."
        )
    return " ".join(lines)


def targets(results: Results) -> str:
    """Return the verdicts about all that the run was asked to measure."""
    ours = {(line["measure"], line["peer"], line["store"]) for line in results.lines}
    asked = [
        target
        for target in TARGETS
        if (target.value.measure, target.value.peer, target.value.store) in ours
    ]
    verdicts = [judge(target, results) for target in asked]
    head = ["target", "measured", "ratio", "must", "aim", ""]
    return markdown(
        head, ([v.what, v.measured, v.compared, v.must, v.aim, v.verdict] for v in verdicts)
    )


def table(measure: str, results: Results) -> str:
    """Return a row for each product: medians, their range, and how it compares with us."""
    _, columns = COLUMNS[measure]
    found = list(results.groups(measure))
    used = [column for column in columns if any(values(lines, column[1]) for _, lines in found)]
    head = ["product", "store", "settings", *(name for name, _, _ in used), "ours to this"]
    rows = []
    for first, lines in found:
        if error := next((line["error"] for line in lines if "error" in line), ""):
            rows.append([*_named(first), error, *[""] * len(used)])
            continue
        cells = [_cell(lines, path, form) for _, path, form in used]
        rows.append([*_named(first), *cells, _ours_to(first, lines, found, used[0][1])])
    return markdown(head, rows)


def markdown(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _named(line: Line) -> list[str]:
    name = f"{line['peer']}, {line['label']}" if line["label"] else line["peer"]
    return [name, line["store"], line["profile"]]


def _cell(lines: list[Line], path: str, form: str) -> str:
    found = values(lines, path)
    if not found:
        return "-"
    told = form.format(middle(found))
    least, most = form.format(min(found)), form.format(max(found))
    return told if least == most else f"{told} ({least} to {most})"


def _ours_to(line: Line, lines: list[Line], found: list[tuple[Line, list[Line]]], path: str) -> str:
    """Return our figure divided by this one: on its store, or Redis by PostgreSQL."""
    of_us = [(first, others) for first, others in found if first["peer"] == "tasks_core"]
    on = {first["store"] for first, _ in of_us}
    store = "postgres" if line["store"] == "redis" not in on else line["store"]
    ours = [(first, others) for first, others in of_us if first["store"] == store]
    alike = [others for first, others in ours if first["label"] == line["label"]]
    chosen = next(iter(alike or [others for _, others in ours]), [])
    mine, theirs = middle(values(chosen, path)), middle(values(lines, path))
    if line["peer"] == "tasks_core" or mine is None or not theirs or mine < 0:
        return ""
    return f"{mine / theirs:.2f}x"
