"""Which names may run. A name that comes from a store is looked up here, never just imported."""

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from types import FunctionType, MappingProxyType
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils.module_loading import import_string, module_has_submodule

from tasks_core import conf
from tasks_core.definition import Task
from tasks_core.exceptions import InvalidCall, UnknownTask
from tasks_core.words import kind_of

# Parts of an app that hold no tasks, and would give a writer of the store too much to call.
CLOSED = frozenset({"migrations", "management", "testing", "tests"})

Rule = Callable[[str], bool]

_declared: dict[str, Task[Any, Any]] = {}

# Plain functions that were found, by themselves and the rules under which they were.
_found: dict[tuple[Any, ...], Task[Any, Any]] = {}

extra_rules: list[Rule] = []
"""Says of a module's name whether its functions may run too; used by ``tasks_core.testing``."""


def declare(task: Task[Any, Any]) -> None:
    """Let the name of ``task`` run. A module imported anew replaces its own tasks."""
    _declared[task.name] = task
    _found.clear()


def declared() -> Mapping[str, Task[Any, Any]]:
    return MappingProxyType(_declared)


def autodiscover() -> None:
    """
    Import the ``tasks`` module of every installed app, so that what it declares is known.

    Raises ImproperlyConfigured for a module that exits, which would end every command silently.
    """
    for app in apps.get_app_configs():
        if module_has_submodule(app.module, "tasks"):
            try:
                import_module(f"{app.name}.tasks")
            except SystemExit as error:
                raise ImproperlyConfigured(
                    f"{app.name}.tasks calls sys.exit({error.code!r}) when it is imported."
                ) from error


def find(func: Any) -> Task[Any, Any]:
    """
    Return the task of ``func``: a function, dotted path, Task of ours or django.tasks, receiver.

    Raises InvalidCall for what a worker could not find again: lambdas, partials, bound
    methods, nested functions, and modules that are not part of an installed app. Of a
    django.tasks Task its priority, queue and run_after are kept, and its backend, which is an
    alias of TASKS, if one of JOBS is bridged to it.
    """
    if isinstance(func, Task):
        return func
    if isinstance(func, FunctionType):
        key = (func, *extra_rules)
        if key not in _found:
            _found[key] = _find(func)
        return _found[key]
    return _find(func)


def _find(func: Any) -> Task[Any, Any]:
    if isinstance(func, str):
        if func in _declared:  # under a name that may be no path
            return _declared[func]
        func = _imported(func)
        return find(func) if not isinstance(func, str) else _refuse(func)
    if (known := _known(func)) is not None:
        return known
    if _is_foreign(func):
        task = _read(func)
        if task.name not in _declared:
            _refuse_unfindable(task.name)
        return task
    name = path_of(func)
    if name in _declared:
        return _declared[name]
    _refuse_unfindable(name)
    return Task(func=func, name=name, is_plain=True)


def _refuse_unfindable(name: str) -> None:
    """Raise InvalidCall for the name of a function that was not declared and may not run."""
    module = name.rpartition(".")[0]
    if not may_run_from(module) or _needs_declaration(module):
        raise InvalidCall(
            f"{name} cannot run in the background: {module} is not part of an installed app "
            "(or is its migrations, management, testing or tests). Move the function, declare it "
            'with @task, or add the module to TASKS_CORE["ALLOWED_MODULES"].'
        )


@receiver(setting_changed)
def forget_found(*, setting: str, **kwargs: Any) -> None:
    """Ask again what may run, once other modules may."""
    if setting in {"TASKS_CORE", "INSTALLED_APPS"}:
        _found.clear()


def resolve(name: str) -> Task[Any, Any]:
    """
    Return the task with this stored name, or raise UnknownTask without importing anything odd.

    Declared tasks, and plain functions of installed apps whose own module and name match. A
    module that cannot be imported, whatever it raises, makes its tasks unknown.
    """
    if name in _declared:
        return _declared[name]
    module_name, _, attribute = name.rpartition(".")
    # Asked before the import, which is itself more than a writer of the store may do.
    if not may_run_from(module_name) or _needs_declaration(module_name):
        raise UnknownTask(f"{name!r:.200} is not a task of this project.")
    try:
        module = import_module(module_name)
        # What a module declares under the name of a function of its own comes first.
        found: Any = _declared.get(name) or getattr(module, attribute, None)
    except (Exception, SystemExit) as error:
        told = f"{type(error).__name__}: {error}"
        raise UnknownTask(f"{name!r:.200} cannot be imported: {told}") from error
    if (known := _known(found)) is not None:
        return known
    function = found.func if _is_foreign(found) else found
    if not (isinstance(function, FunctionType) and _path(function) == name):
        raise UnknownTask(f"{name!r:.200} is not a function defined in {module_name!r:.200}.")
    return Task(func=function, name=name, is_plain=True) if function is found else _read(found)


def path_of(func: Any) -> str:
    """Return the dotted name under which a worker finds ``func`` again, or raise InvalidCall."""
    if (known := _known(func)) is not None:
        raise InvalidCall(f"{known.name} is a task already. One decorator is enough.")
    if not isinstance(func, FunctionType):
        kind = "a bound method" if inspect.ismethod(func) else kind_of(func)
        raise InvalidCall(
            f"{func!r:.120} is {kind}. Only a function at the top of a module can be found "
            "again by a worker."
        )
    if "<" in func.__qualname__ or "." in func.__qualname__:
        raise InvalidCall(
            f"{func.__module__}.{func.__qualname__} is not at the top of a module; a worker could "
            "not find it again. Move it there."
        )
    if func.__module__ == "__main__":
        raise InvalidCall(
            f"{func.__qualname__} is defined in __main__, which a worker cannot import. Move it "
            "to a module of an installed app."
        )
    return _path(func)


def may_run_from(module: str) -> bool:
    """Say whether plain functions of the module with this name may run."""
    parts = module.split(".")
    if any(module == root or module.startswith(f"{root}.") for root in conf.get("ALLOWED_MODULES")):
        return True
    if any(rule(module) for rule in extra_rules):
        return True
    if parts[0] == "django" or not all(part.isidentifier() for part in parts):
        return False
    app = apps.get_containing_app_config(module)
    return app is not None and not CLOSED.intersection(parts[app.name.count(".") + 1 :])


def _needs_declaration(module: str) -> bool:
    """Say whether only declared tasks of the module's app may run, as of apps like this one."""
    app = apps.get_containing_app_config(module)
    only_declared = getattr(app, "runs_only_declared_tasks", False)
    return only_declared and not any(rule(module) for rule in extra_rules)


def _path(func: FunctionType) -> str:
    return f"{func.__module__}.{func.__qualname__}"


def _known(value: Any) -> Task[Any, Any] | None:
    """Return a task, or that of a receiver or hook in the background; asks no lazy object."""
    found = value if isinstance(value, Task) else inspect.getattr_static(value, "task", None)
    return found if isinstance(found, Task) else None


def _is_foreign(value: Any) -> bool:
    """Say whether this is a task of django.tasks, which, unlike ours, cannot be called."""
    return hasattr(value, "func") and hasattr(value, "module_path") and not callable(value)


def _read(foreign: Any) -> Task[Any, Any]:
    # Its framework is there, as the task is; without one this module could not be imported.
    from tasks_core.contrib.django_tasks.reading import read

    return read(foreign)


def _imported(path: str) -> Any:
    """Import what a caller in this process named: trusted, unlike a name from a store."""
    try:
        return import_string(path)
    except (ImportError, SystemExit) as error:
        raise InvalidCall(f"{path!r:.200} cannot be imported: {error}") from error


def _refuse(value: str) -> Any:
    raise InvalidCall(f"{value!r:.200} names text, not a function.")
