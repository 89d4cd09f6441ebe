"""Write the table of `docs/upgrading.md` from the rules themselves; `--check` only compares."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from hornbook.upgrading.node import UpgradeRule
from hornbook.upgrading.rules.built_in import BUILT_IN_RULES

TARGET = Path(__file__).resolve().parents[1] / "docs" / "upgrading.md"
MARK = "<!-- written by scripts/rules.py -->\n"


def table() -> str:
    """Return the rules, those of one name together."""
    rows: dict[str, list[UpgradeRule]] = {}
    for rule in BUILT_IN_RULES:
        rows.setdefault(rule.name, []).append(rule)
    lines = ["| rule | holds for | written by | what | source |", "|---|---|---|---|---|"]
    for name, rules in rows.items():
        classes = sorted({name for rule in rules for name in rule.classes})
        text = ", ".join(f"`{name}`" for name in classes[:6]) + (" …" if len(classes) > 6 else "")
        first = rules[0]
        what = (first.apply.__doc__ or "").partition("\n")[0].replace("|", "\\|")
        lines.append(f"| {name} | {text} | {first.written} | {what} | {first.source} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true")
    before = TARGET.read_text(encoding="utf-8")
    after = before.partition(MARK)[0] + MARK + "\n" + table()
    if not parser.parse_args().check:
        TARGET.write_text(after, encoding="utf-8")
        return 0
    return int(before != after)


if __name__ == "__main__":
    sys.exit(main())
