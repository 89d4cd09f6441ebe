"""Print the figures of the house: layers, circles, names, sizes, complexity, and words to avoid.

    python scripts/house.py            # a table
    python scripts/house.py --names    # and what each figure counts, by name
    python scripts/house.py --check    # exits 1 if a figure is above its limit

`tests/architecture/test_house.py` holds the code to the limits; figures without one are reminders.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from radon.visitors import Class, ComplexityVisitor
from sources import cycles, graph, imports, layer_of, modules, relative, tree_of, violations

LONG, TOO_LONG = 300, 450
COMPLEX, TOO_COMPLEX = 10, 20
# In percent, of all functions.
COMPLEX_SHARE = 2.0
CIRCLE_OF_TYPES = 3
# What plain English says otherwise, in docstrings and comments.
WORDS = {
    "Say whether": "Return whether",
    "Tell whether": "Return whether",
    "told": "reported, given",
    "This is no ": "This is not a",
    "telling": "reporting",
}
# Locals that do not say what they hold.
LOCALS = ("told", "one", "found", "made")
BANNER = re.compile(r"#\s*([-=#*~_])\1{2,}")


class Figure(NamedTuple):
    """One figure.

    Attributes:
        name: What is counted.
        value: How much there is of it.
        limit: How much there may be, or `None` where nobody is held to it.
        names: What was counted.
    """

    name: str
    value: float
    limit: float | None
    names: list[str]


def counted(name: str, limit: float | None, names: Iterable[str]) -> Figure:
    """Return a figure that is the number of its names."""
    names = list(names)
    return Figure(name, len(names), limit, names)


def structure() -> Iterator[Figure]:
    """Return what the imports say."""
    wrong = violations(link for path in modules() for link in imports(path))
    yield counted("imports against the layers", 0, (f"{module} imports {layer}" for module, layer in wrong))
    running = cycles(graph(types=False))
    yield counted("modules in circles of imports", 0, (module for circle in running for module in circle))
    with_types = cycles(graph(types=True))
    largest = with_types[0] if with_types else []
    yield counted("modules in the largest circle, types included", CIRCLE_OF_TYPES, largest)
    across = [circle for circle in with_types if len({layer_of(module) for module in circle}) > 1]
    yield counted("circles across packages, types included", 0, (", ".join(circle) for circle in across))


def class_names() -> Counter[str]:
    """Return how often each name of a class occurs."""
    return Counter(
        node.name for path in modules() for node in ast.walk(tree_of(path)) if isinstance(node, ast.ClassDef)
    )


def sizes() -> Iterator[Figure]:
    """Return what the modules and functions measure."""
    lines = {relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    for limit, most in ((None, LONG), (0, TOO_LONG)):
        long = sorted((module for module in lines if lines[module] > most), key=lines.__getitem__, reverse=True)
        yield counted(f"modules above {most} lines", limit, (f"{module} {lines[module]}" for module in long))
    functions = complexities()
    above = {name: functions[name] for name in sorted(functions, key=functions.__getitem__, reverse=True)}
    named = [f"{name} {value}" for name, value in above.items() if value > COMPLEX]
    yield Figure(
        f"functions above complexity {COMPLEX}, in %",
        round(100 * len(named) / len(functions), 2),
        COMPLEX_SHARE,
        named,
    )
    most = (f"{name} {value}" for name, value in above.items() if value > TOO_COMPLEX)
    yield counted(f"functions above complexity {TOO_COMPLEX}", 0, most)


@cache
def complexities() -> dict[str, int]:
    """Return the cyclomatic complexity of each function, as radon counts it."""
    found = {}
    for path in modules():
        visitor = ComplexityVisitor.from_code(path.read_text(encoding="utf-8"))
        for function in [*visitor.functions, *_methods(visitor.classes)]:
            found[f"{relative(path)}:{function.lineno} {function.name}"] = function.complexity
    return found


def _methods(classes: Iterable[Class]) -> Iterator:
    for one in classes:
        yield from one.methods
        yield from _methods(one.inner_classes)


def words() -> Iterator[Figure]:
    """Return what is said otherwise in plain English."""
    texts = {relative(path): _prose(path) for path in modules()}
    banners = (f"{module}: {text}" for module in texts for text in texts[module] if BANNER.match(text))
    yield counted("banner comments", 0, banners)
    for word, plain in WORDS.items():
        pattern = re.compile(rf"\b{word}" if word.endswith(" ") else rf"\b{word}\b")
        hits = [module for module in texts for text in texts[module] for _ in pattern.findall(text)]
        yield counted(f"`{word.strip()}`, for `{plain}`", None, hits)
    stored = Counter(
        (node.id, relative(path))
        for path in modules()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    for local in LOCALS:
        names = [f"{module} {count}" for (name, module), count in stored.items() if name == local]
        total = sum(count for (name, _), count in stored.items() if name == local)
        yield Figure(f"locals called `{local}`", total, None, names)


def _prose(path: Path) -> list[str]:
    """Return the docstrings and comments of a module."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    texts = [ast.get_docstring(node) or "" for node in ast.walk(tree_of(path)) if isinstance(node, documented)]
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
    return texts + [token.string for token in tokens if token.type == tokenize.COMMENT]


def figures() -> list[Figure]:
    """Return all of them."""
    twice = sorted(name for name, count in class_names().items() if count > 1)
    return [*structure(), counted("class names that occur twice", 0, twice), *sizes(), *words()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit 1 if a figure is above its limit")
    parser.add_argument("--names", action="store_true", help="print what each figure counts")
    options = parser.parse_args()
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in modules())
    print(f"{len(modules())} modules, {lines} lines, {len(complexities())} functions, {len(class_names())} classes\n")
    above = 0
    for figure in figures():
        over = figure.limit is not None and figure.value > figure.limit
        above += over
        limit = "" if figure.limit is None else f"(limit {figure.limit:g})"
        print(f"{figure.name:<48}{figure.value:>7g}  {limit:<12}{'  ABOVE' if over else ''}".rstrip())
        if options.names:
            print("".join(f"    {name}\n" for name in figure.names), end="")
    return int(options.check and above > 0)


if __name__ == "__main__":
    sys.exit(main())
