"""Source files as the architecture tests see them: paths and syntax trees."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("tasks_core", "scheduler")
# QuerySet methods that change a table.
WRITES = {
    "create",
    "acreate",
    "bulk_create",
    "abulk_create",
    "update",
    "aupdate",
    "bulk_update",
    "abulk_update",
    "get_or_create",
    "aget_or_create",
    "update_or_create",
    "aupdate_or_create",
    "delete",
    "adelete",
}


@dataclass(frozen=True)
class Source:
    """One Python file: where it is, and what it says."""

    path: str
    text: str = field(repr=False)

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def names(self) -> dict[str, str]:
        """Return what each imported name stands for: {"clock": "tasks_core.clock", …}."""
        found: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {
                    alias.asname or alias.name.split(".")[0]: alias.name
                    if alias.asname
                    else alias.name.split(".")[0]
                    for alias in node.names
                }
            elif isinstance(node, ast.ImportFrom):
                origin = self._origin(node)
                found |= {a.asname or a.name: f"{origin}.{a.name}" for a in node.names}
        return found

    @cached_property
    def modules(self) -> set[str]:
        """Return the dotted names of all that is imported, wherever in the file."""
        plain = {
            alias.name
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        return plain | {
            self._origin(node) for node in ast.walk(self.tree) if isinstance(node, ast.ImportFrom)
        }

    def imports(self, package: str) -> bool:
        return any(name == package or name.startswith(f"{package}.") for name in self.modules)

    def meaning(self, node: ast.expr) -> str | None:
        """Return the full dotted name of ``module.name`` or of an imported ``name``, else None."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id)
        if isinstance(node, ast.Attribute) and (inside := self.meaning(node.value)):
            return f"{inside}.{node.attr}"
        return None

    def calls(self) -> Iterator[ast.Call]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.path.removesuffix(".py").split("/")[: -node.level]
        return ".".join([*package, *([node.module] if node.module else [])])


def sources(*folders: str) -> list[Source]:
    """Return the files of these folders; what makemigrations wrote is not ours to judge."""
    return [
        Source(str(path.relative_to(ROOT)), path.read_text())
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "migrations" not in path.parts
    ]


PACKAGE_SOURCES = sources(*PACKAGES)


def chain(node: ast.expr) -> list[str]:
    """Return the words of ``Job.objects.filter(…).update``: ["Job", "objects", "filter", "update"]."""
    if isinstance(node, ast.Call):
        return chain(node.func)
    if isinstance(node, ast.Attribute):
        return [*chain(node.value), node.attr]
    return [node.id] if isinstance(node, ast.Name) else []


def where(source: Source, node: ast.AST) -> str:
    return f"{source.path}:{getattr(node, 'lineno', 1)}"
