"""Whether a run has met a target."""

from __future__ import annotations

from dataclasses import dataclass

from tests.benchmarks.results import Figure, Results

Bound = float | Figure | None


@dataclass(frozen=True)
class Target:
    """
    ``value``, divided by ``than`` if there is one, is at least or at most ``must``, or ``aim``.

    A bound that is a Figure is what another product reached in the same run.
    """

    what: str
    value: Figure
    must: Bound
    aim: Bound = None
    than: Figure | None = None
    at_least: bool = True
    unit: str = ""


@dataclass(frozen=True)
class Verdict:
    what: str
    measured: str
    compared: str
    must: str
    aim: str
    verdict: str


def judge(target: Target, results: Results) -> Verdict:
    """Say what came out; "not measured" where a figure is missing."""
    value = results.of(target.value)
    than = results.of(target.than) if target.than else None
    unit = f" {target.unit}" if target.unit else ""
    measured = "-" if value is None else f"{value:,.4g}{unit}" if value < 1000 else f"{value:,.0f}"
    if value is None or (target.than and not than):
        return Verdict(target.what, measured, "-", "", "", "not measured")
    figure = value / than if than else value
    must, aim = _bound(target.must, results), _bound(target.aim, results)
    compared = f"{figure:.2f}x" if than else ""
    return Verdict(
        target.what,
        measured,
        compared,
        _told(target, must),
        _told(target, aim),
        _verdict(target, figure, must=must, aim=aim),
    )


def _bound(bound: Bound, results: Results) -> float | None:
    return results.of(bound) if isinstance(bound, Figure) else bound


def _told(target: Target, bound: float | None) -> str:
    sign, unit = "≥" if target.at_least else "≤", "x" if target.than else f" {target.unit}"
    return "" if bound is None else f"{sign} {bound:.4g}{unit}"


def _verdict(target: Target, figure: float, *, must: float | None, aim: float | None) -> str:
    def met(bound: float | None) -> bool | None:
        if bound is None:
            return None
        return figure >= bound if target.at_least else figure <= bound

    if met(must) is False:
        return "**missed**"
    if must is None and target.must is not None:
        return "not measured"
    if met(aim) is None:
        return "met"
    if must is None:
        return "aim met" if met(aim) else "aim missed"
    return "met, aim met" if met(aim) else "met"
