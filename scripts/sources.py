"""What the source is made of: its modules, what each imports, and the layer that each stands in.

`house.py` counts by it, `layers.py` draws it, and `tests/architecture/` holds the code to it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).resolve().parents[1] / "src" / "hornbook"
# From the top down: a layer may import itself and what stands after it, and none of those beside it.
LAYERS = (
    {"cli", "extending"},
    {"saving"},
    {"reports", "integrations"},
    {"frameworks"},
    {"legacy"},
    {"upgrading"},
    {"opening"},
    {"engine", "archive"},
    {"logs"},
    {"policy"},
    {"extensions"},
    {"errors"},
    {"places"},
)
RANKS = {name: rank for rank, names in enumerate(LAYERS) for name in names}

Graph = Mapping[str, set[str]]


class Import(NamedTuple):
    """One import of ours in one of our modules.

    Attributes:
        source: The module that imports, as `"engine/scan.py"`.
        target: The module that is imported.
        runs: Whether the import is ever executed; the others are for type checkers.
    """

    source: str
    target: str
    runs: bool


def modules() -> list[Path]:
    """Return the files of the package."""
    return sorted(SOURCE.rglob("*.py"))


def relative(path: Path) -> str:
    """Return how a file is called here, as `"engine/scan.py"`."""
    return path.relative_to(SOURCE).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    """Return a module, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"))


def layer_of(module: str) -> str:
    """Return the layer of a file, as `"engine"`; the package itself has the layer `"__init__"`."""
    return module.partition("/")[0].removesuffix(".py")


def package_of(module: str) -> str:
    """Return the package of a file, as `"engine/codecs"`."""
    return module.rpartition("/")[0]


def imports(path: Path) -> list[Import]:
    """Return what a module imports of ours, within functions as well."""
    return [Import(relative(path), target, runs) for target, runs in imported(tree_of(path))]


def imported(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """Return the files of ours that are imported, and whether the import ever runs."""
    for node, runs in _statements(tree, runs=True):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{name.name}" for name in node.names]
        for name in names:
            if name.split(".")[0] == "hornbook":
                yield _file_of(name), runs


def _statements(node: ast.AST, *, runs: bool) -> Iterator[tuple[ast.AST, bool]]:
    """Return all that stands in a node, and whether a check for type checkers keeps it from running."""
    for child in ast.iter_child_nodes(node):
        yield child, runs
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            for statement in child.body:
                yield statement, False
                yield from _statements(statement, runs=False)
            for statement in child.orelse:
                yield statement, runs
                yield from _statements(statement, runs=runs)
        else:
            yield from _statements(child, runs=runs)


@cache
def _file_of(name: str) -> str:
    """Return the file that an imported name stands for or stands in."""
    parts = name.split(".")[1:]
    while parts:
        path = SOURCE.joinpath(*parts)
        if path.with_suffix(".py").is_file():
            return relative(path.with_suffix(".py"))
        if (path / "__init__.py").is_file():
            return relative(path / "__init__.py")
        parts.pop()
    return "__init__.py"


def graph(*, types: bool) -> Graph:
    """Return which modules each module imports; with `types`, also those for type checkers alone."""
    edges: dict[str, set[str]] = {relative(path): set() for path in modules()}
    for path in modules():
        for link in imports(path):
            if (link.runs or types) and link.target != link.source:
                edges[link.source].add(link.target)
    return edges


def cycles(edges: Graph) -> list[list[str]]:
    """Return the modules that reach one another, a list for each such circle, the largest first."""
    reached = {name: _reachable(edges, name) for name in edges}
    circles = {tuple(sorted(other for other in reached[name] if name in reached[other])) for name in edges}
    return sorted((list(circle) for circle in circles if circle), key=lambda circle: (-len(circle), circle))


def _reachable(edges: Graph, start: str) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        new = edges[waiting.pop()] - seen
        seen |= new
        waiting += new
    return seen


def violations(links: Iterable[Import]) -> list[tuple[str, str]]:
    """Return the imports that go up or sideways: who imports, and which layer."""
    wrong = set()
    for link in links:
        own, other = layer_of(link.source), layer_of(link.target)
        if own in ("__init__", other):
            continue
        # The package itself, as its users see it, is for the command line alone.
        allowed = own == "cli" if other == "__init__" else RANKS[other] > RANKS[own]
        if not allowed:
            wrong.add((link.source, other))
    return sorted(wrong)
