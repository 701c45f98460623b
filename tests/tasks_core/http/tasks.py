"""Tasks that are callable over HTTP, one for each kind of parameter."""

from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from tasks_core import JobContext, task


class Address(TypedDict):
    street: str
    number: int


@task(http=True)
def brew(cup: str, milliliters: int = 200, *, sugar: bool = False) -> str:
    """Brew one cup."""
    return f"{milliliters} ml of {cup}{', sweet' if sugar else ''}"


@task(http="auth.add_group", takes_context=True)
def serve(context: JobContext, *guests: str, table: Literal["window", 7] = 7, **wishes: float):
    return [list(guests), table, wishes]


@task(http=True, key="the only one", backend="redis")
def polish_in_redis(cup: str):
    pass


@task(http=True, key="the only one")
def polish():
    pass


@task(http=True)
def ship(
    weight: Annotated[float, Field(gt=0, le=30)],
    /,
    to: Address | None = None,
    tags: list[str] = [],  # noqa: B006 - it is never changed
    prices: dict[str, int | float | None] | None = None,
    remarks: Any = None,
    untold=(1, 2),
):
    return [weight, to, tags, prices, remarks]


@task(http=True, concurrency=("lock {name}.", 1))
def lock(name: str):
    return name


@task(http=True, backend="redis")
def brew_in_redis(cup: str):
    return cup


@task(http=True, backend="immediate")
def brew_at_once(cup: str):
    return cup


@task
def brew_in_secret(cup: str):
    return cup
