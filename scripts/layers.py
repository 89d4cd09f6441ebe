"""Draw `docs/layers.svg`, the layers of the package and what each imports, from the code; `--check` only compares."""

from __future__ import annotations

import argparse
import ast
import re
import sys
import textwrap
from html import escape
from pathlib import Path

from sources import LAYERS, RANKS, SOURCE, imports, layer_of, modules, tree_of

TARGET = Path(__file__).resolve().parents[1] / "docs" / "layers.svg"
WIDTH, MARGIN, GAP = 960, 16, 14
LINE, PADDING = 18, 12
# How many characters a pixel of a box has room for; the letters of the picture are 13 pixels high.
LETTERS = 1 / 6.9
STYLE = (
    "text{font:13px sans-serif;fill:#222}.name{font-weight:bold;font-size:15px}.uses{fill:#25608a}"
    "rect{fill:#f4f6f8;stroke:#8899aa}.page{fill:#fff;stroke:none}"
)


def file_of(layer: str) -> Path:
    """Return the module that says what a layer is."""
    package = SOURCE / layer / "__init__.py"
    return package if package.is_file() else SOURCE / f"{layer}.py"


def purpose(layer: str) -> str:
    """Return the first sentence of its docstring."""
    text = (ast.get_docstring(tree_of(file_of(layer))) or "").partition("\n\n")[0]
    return " ".join(re.sub(r"(:\w+:)?`~?([^`]+)`", r"\2", text).split())


def used() -> dict[str, list[str]]:
    """Return the layers that each layer imports, from the top down."""
    pairs = {(layer_of(link.source), layer_of(link.target)) for path in modules() for link in imports(path)}
    below: dict[str, list[str]] = {}
    for layer, other in sorted(pairs, key=lambda pair: (RANKS.get(pair[1], -1), pair)):
        if layer != other and other in RANKS:
            below.setdefault(layer, []).append(other)
    return below


def box(layer: str, uses: list[str], width: int) -> list[tuple[str, str]]:
    """Return the lines of a box, each with its style."""
    room = int((width - 2 * PADDING) * LETTERS)
    arrows = " ".join(f"→\N{NO-BREAK SPACE}{other}" for other in uses)
    return [
        ("name", layer),
        *(("", line) for line in textwrap.wrap(purpose(layer), room)),
        *(("uses", line) for line in textwrap.wrap(arrows, room)),
    ]


def picture() -> str:
    """Return the drawing."""
    uses = used()
    parts: list[str] = []
    top = MARGIN
    for row in LAYERS:
        layers = sorted(layer for layer in row if file_of(layer).is_file())
        if not layers:
            continue
        width = (WIDTH - 2 * MARGIN - GAP * (len(layers) - 1)) // len(layers)
        boxes = [box(layer, uses.get(layer, []), width) for layer in layers]
        height = max(map(len, boxes)) * LINE + 2 * PADDING - 4
        for column, lines in enumerate(boxes):
            left = MARGIN + column * (width + GAP)
            parts.append(f'<rect x="{left}" y="{top}" width="{width}" height="{height}" rx="5"/>')
            for number, (style, line) in enumerate(lines):
                down = top + PADDING + 10 + number * LINE
                parts.append(f'<text class="{style}" x="{left + PADDING}" y="{down}">{escape(line)}</text>')
        top += height + GAP
    size = f'width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}"'
    page = f'<rect class="page" width="{WIDTH}" height="{top}"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n<title>The layers of hornbook</title>'
    return "\n".join([head, f"<style>{STYLE}</style>", page, *parts, "</svg>"]) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    drawn = picture()
    if not parser.parse_args().check:
        TARGET.write_text(drawn, encoding="utf-8")
        return 0
    return int(not TARGET.is_file() or TARGET.read_text(encoding="utf-8") != drawn)


if __name__ == "__main__":
    sys.exit(main())
