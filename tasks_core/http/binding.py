"""Whether a task takes arguments as a schedule has them: by place and by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from tasks_core.definition import Task
from tasks_core.http import signatures, wrongs
from tasks_core.http.shapes import Wrong

BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def unfit(task: Task[Any, Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Wrong]:
    """
    Return why a task does not take these arguments, with the place of each in args or kwargs.

    The types that it is annotated with count if it is callable over HTTP: its author said so.
    """
    is_typed = bool(task.http) and signatures.why_not(task) is None
    takes = signatures.takes(task, is_typed=is_typed)
    bound = _Binding(list(takes.fields.values()), args, kwargs)
    try:
        takes.arguments.model_validate(bound.said)
    except ValidationError as error:
        shape, said = takes.arguments, bound.said
        return bound.wrong + wrongs.found(error, shape=shape, said=said, place=bound.place)
    return bound.wrong


class _Binding:
    """What is said by parameter, where it was said, and what cannot be said there."""

    def __init__(
        self,
        parameters: Sequence[inspect.Parameter],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> None:
        self.places = [each for each in parameters if each.kind in BY_PLACE]
        self.given = len(args)
        self.rest = ""  # the name of *names
        self.said: dict[str, Any] = dict(kwargs)
        self.wrong: list[Wrong] = []
        for number, each in enumerate(self.places):
            if each.kind is inspect.Parameter.POSITIONAL_ONLY:
                self._refuse_name(each.name, "Send it in args, by its place.")
            if number < len(args):
                cure = f"It is args.{number}: send args and kwargs, with it in one of them."
                self._refuse_name(each.name, cure)
                self.said[each.name] = args[number]
        for each in parameters:
            if each.kind is inspect.Parameter.VAR_POSITIONAL:
                self._refuse_name(each.name, "Send its values in args.")
                self.rest = each.name
                self.said[each.name] = list(args[len(self.places) :])
        for number in range(len(self.places), 0 if self.rest else len(args)):
            message = f"The task takes no more than {len(self.places)} by their places."
            self.wrong.append(wrongs.at(["args", number], message, "Leave it out."))

    def place(self, path: wrongs.Path) -> wrongs.Path:
        """Return where the caller said what stands at this path behind a parameter."""
        name, *inside = path or [""]
        for number, each in enumerate(self.places):
            is_by_place = each.kind is inspect.Parameter.POSITIONAL_ONLY or number < self.given
            if each.name == name and is_by_place:
                return ["args", number, *inside]
        if name == self.rest and inside:
            return ["args", len(self.places) + inside[0], *inside[1:]]
        return ["kwargs", name, *inside]

    def _refuse_name(self, name: str, cure: str) -> None:
        if name in self.said:
            del self.said[name]
            self.wrong.append(wrongs.at(["kwargs", name], "It is given by its place.", cure))
