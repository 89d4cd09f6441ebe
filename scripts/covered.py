"""Compare the coverage of each part of the package with its limit.

    python scripts/covered.py REPORT   # the JSON report of coverage.py; exits 1 if a part is below its limit
    python scripts/covered.py REPORT --missing PART

`make test` writes the report.  The share is that of coverage.py with branches:
lines and branches that ran, of all there are.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

# In percent; what is not named here counts in the whole alone.
WHOLE = "all"
LIMITS = {"engine": 95.0, "archive": 95.0, "saving": 95.0, WHOLE: 90.0}


def part_of(file: str) -> str:
    """Return the part of the package that a file is in, as `"engine"`."""
    inside = file.replace("\\", "/").partition("hornbook/")[2]
    return inside.partition("/")[0] if "/" in inside else "alone"


def totals(files: dict[str, Any]) -> dict[str, Counter[str]]:
    """Return what there is and what ran, for each part and for all together."""
    parts: dict[str, Counter[str]] = {}
    for file, report in files.items():
        counts = {key: value for key, value in report["summary"].items() if isinstance(value, int)}
        for part in (part_of(file), WHOLE):
            parts.setdefault(part, Counter()).update(counts)
    return parts


def share(counts: Counter[str], *kinds: str) -> float:
    """Return how much of these ran, in percent."""
    there = sum(counts[f"num_{kind}"] for kind in kinds)
    ran = sum(counts["covered_lines" if kind == "statements" else f"covered_{kind}"] for kind in kinds)
    return 100 * ran / there if there else 100.0


def print_missing(files: dict[str, Any], part: str) -> None:
    """Print the lines and branches of a part that never ran, the most first."""
    of_part = {file: report for file, report in files.items() if part in (part_of(file), WHOLE)}
    for file, report in sorted(of_part.items(), key=lambda item: -len(item[1]["missing_lines"])):
        branches = [f"{start}->{end}" for start, end in report["missing_branches"]]
        if report["missing_lines"] or branches:
            print(file, *report["missing_lines"], *branches)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", type=Path)
    parser.add_argument("--missing", metavar="PART", help=f"print what never ran of a part, or of `{WHOLE}`")
    options = parser.parse_args()
    files = json.loads(options.report.read_text(encoding="utf-8"))["files"]
    if options.missing:
        print_missing(files, options.missing)
        return 0
    below = 0
    print(f"{'part':<14}{'covered':>9}{'branches':>10}{'limit':>7}")
    parts = totals(files)
    for part in (*sorted(parts.keys() - {WHOLE}), WHOLE):
        covered, limit = share(parts[part], "statements", "branches"), LIMITS.get(part)
        below += limit is not None and covered < limit
        branches = share(parts[part], "branches")
        print(f"{part:<14}{covered:>9.2f}{branches:>10.2f}{'' if limit is None else f'{limit:g}':>7}")
    return int(below > 0)


if __name__ == "__main__":
    sys.exit(main())
